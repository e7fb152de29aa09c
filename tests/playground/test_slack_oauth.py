"""Installing: consent, codes, tokens that end, several workspaces and an organisation."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Organisation, SlackTwin
from tests.playground.slack_kit import Clock, refusal

CLIENT, SECRET = "123.456", "shh"
BACK = "http://127.0.0.1:1/slack/oauth_redirect"
SCOPES = "chat:write,commands,users:read"


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    """Two workspaces of their own and an organisation of two, all without the app."""
    made = SlackTwin(clock=Clock(), client_id=CLIENT, client_secret=SECRET)
    made.redirect_urls.add(BACK)
    made.limits.enabled = False
    for team in ("T0ONE", "T0TWO"):
        made.add_workspace(team, f"Lab {team}", bot_token=None).add_person("U0ANN", "ann")
    university(made)
    await made.start()
    yield made
    await made.stop()


def university(twin: SlackTwin) -> Organisation:
    org = twin.add_organisation("E0UNI", "University")
    for team in ("T0MATH", "T0PHYS"):
        workspace = twin.add_workspace(team, f"Institute {team}", bot_token=None, organisation="E0UNI")
        workspace.add_person("W0EVE", "eve")
        workspace.add_channel(f"C{team[1:]}", "general", members={"W0EVE"})
    return org


def clock_of(twin: SlackTwin) -> Clock:
    clock: Any = twin._state.now
    assert isinstance(clock, Clock)
    return clock


async def allow(twin: SlackTwin, where: str, *, decision: str = "allow", **more: str) -> dict[str, str]:
    """Decide on the consent page; return what Slack leads back with."""
    form = {"client_id": CLIENT, "scope": SCOPES, "redirect_uri": BACK, "state": "s1", **more}
    async with aiohttp.ClientSession() as session:
        url = f"{twin.url}/oauth/v2/authorize"
        async with session.get(f"{url}?{urlencode(form)}") as page:
            if page.status != 200:
                return {"refused": await page.text()}
            assert "chat:write" in await page.text()
        answer = {**form, "where": where, "person": "U0ANN", "decision": decision}
        async with session.post(url, data=answer, allow_redirects=False) as led:
            assert led.status == 302
            assert led.headers["Location"].startswith(form["redirect_uri"])
            return dict(parse_qsl(urlsplit(led.headers["Location"]).query))


def web(twin: SlackTwin, token: str | None = None, **more: Any) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=twin.api_url, retry_handlers=[], **more)


async def access(
    twin: SlackTwin, *, client_id: str = CLIENT, client_secret: str = SECRET, **more: str
) -> dict[str, Any]:
    """Call oauth.v2.access; the SDK's own method uses what aiohttp is about to drop."""
    headers = {"Authorization": aiohttp.encode_basic_auth(client_id, client_secret)}
    answer = await web(twin).api_call("oauth.v2.access", data=more, headers=headers)
    assert isinstance(answer.data, dict)
    return answer.data


async def install(twin: SlackTwin, where: str) -> dict[str, Any]:
    return await access(twin, code=(await allow(twin, where))["code"], redirect_uri=BACK)


async def renew(twin: SlackTwin, refresh: str) -> dict[str, Any]:
    return await access(twin, grant_type="refresh_token", refresh_token=refresh)


async def test_whoever_allows_it_is_led_back_with_a_code_for_one_token(twin: SlackTwin) -> None:
    led = await allow(twin, "T0ONE")
    assert led["state"] == "s1"
    answer = await access(twin, code=led["code"], redirect_uri=BACK)
    assert answer == {
        "ok": True,
        "access_token": answer["access_token"],
        "token_type": "bot",
        "scope": SCOPES,
        "bot_user_id": "U0BOT",
        "app_id": "A0WALLTIME",
        "team": {"id": "T0ONE", "name": "Lab T0ONE"},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": "U0ANN"},
    }
    assert (await web(twin, answer["access_token"]).auth_test())["team_id"] == "T0ONE"
    assert not twin.workspaces["T0TWO"].is_installed
    assert await refusal(access(twin, code=led["code"], redirect_uri=BACK)) == "invalid_code"


async def test_cancelling_leads_back_without_a_code(twin: SlackTwin) -> None:
    assert await allow(twin, "T0ONE", decision="cancel") == {"error": "access_denied", "state": "s1"}
    assert not twin.workspaces["T0ONE"].is_installed


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"client_id": "9"}, "Invalid client_id"),
        ({"redirect_uri": "http://evil.example/"}, "redirect_uri did not match"),
        ({"scope": "admin"}, "Invalid permissions"),
    ],
)
async def test_what_slack_does_not_know_is_refused_before_anybody_decides(
    twin: SlackTwin, asked: dict[str, str], said: str
) -> None:
    assert said in (await allow(twin, "T0ONE", **asked))["refused"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "9"}, "invalid_client_id"),
        ({"client_secret": "guess"}, "bad_client_secret"),
        ({"redirect_uri": "http://127.0.0.1:1/elsewhere"}, "bad_redirect_uri"),
        ({"code": "guess"}, "invalid_code"),
        ({"grant_type": "password"}, "invalid_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "guess"}, "invalid_refresh_token"),
    ],
)
async def test_an_exchange_that_is_wrong_in_one_thing_gives_nothing(
    twin: SlackTwin, wrong: dict[str, str], error: str
) -> None:
    code = (await allow(twin, "T0ONE"))["code"]
    assert await refusal(access(twin, **{"code": code, "redirect_uri": BACK, **wrong})) == error
    assert not twin.workspaces["T0ONE"].is_installed


async def test_a_code_is_good_for_ten_minutes(twin: SlackTwin) -> None:
    code = (await allow(twin, "T0ONE"))["code"]
    clock_of(twin).forward(minutes=10, seconds=1)
    assert await refusal(access(twin, code=code, redirect_uri=BACK)) == "invalid_code"


async def test_fewer_scopes_may_be_granted_than_were_asked_for(twin: SlackTwin) -> None:
    twin.withheld.add("users:read")
    granted = await install(twin, "T0ONE")
    assert granted["scope"] == "chat:write,commands"
    assert await refusal(web(twin, granted["access_token"]).users_info(user="U0ANN")) == "missing_scope"


async def test_without_rotation_installing_again_gives_the_same_token_until_it_is_uninstalled(
    twin: SlackTwin,
) -> None:
    first = (await install(twin, "T0ONE"))["access_token"]
    assert (await install(twin, "T0ONE"))["access_token"] == first
    await twin.workspaces["T0ONE"].uninstall()
    assert await refusal(web(twin, first).auth_test()) == "account_inactive"
    second = (await install(twin, "T0ONE"))["access_token"]
    assert second != first
    assert await refusal(web(twin, first).auth_test()) == "token_revoked"


async def test_rotating_tokens_end_and_a_refresh_token_is_good_once(twin: SlackTwin) -> None:
    twin.grants.rotation = True
    first = await install(twin, "T0ONE")
    assert first["access_token"].startswith("xoxe.xoxb-")
    assert first["expires_in"] == 43200
    second = await renew(twin, first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert "authed_user" not in second
    for each in (first, second):
        assert (await web(twin, each["access_token"]).auth_test())["ok"]
    clock_of(twin).forward(minutes=2)
    assert await refusal(renew(twin, first["refresh_token"])) == "invalid_refresh_token"
    clock_of(twin).forward(hours=12)
    assert await refusal(web(twin, second["access_token"]).auth_test()) == "token_expired"
    assert (await renew(twin, second["refresh_token"]))["ok"]


async def test_a_lost_renewal_can_be_asked_for_again_at_once_and_two_tokens_live(twin: SlackTwin) -> None:
    twin.grants.rotation = True
    first = await install(twin, "T0ONE")
    lost = await renew(twin, first["refresh_token"])
    again = await renew(twin, first["refresh_token"])
    assert await refusal(web(twin, first["access_token"]).auth_test()) == "token_revoked"
    for each in (lost, again):
        assert (await web(twin, each["access_token"]).auth_test())["ok"]


async def test_revoking_one_rotating_token_leaves_the_installation(twin: SlackTwin) -> None:
    twin.grants.rotation = True
    first = await install(twin, "T0ONE")
    await web(twin, first["access_token"]).auth_revoke()
    assert await refusal(web(twin, first["access_token"]).auth_test()) == "token_revoked"
    assert (await renew(twin, first["refresh_token"]))["ok"]


async def test_one_token_of_an_organisation_serves_the_workspaces_that_have_the_app(twin: SlackTwin) -> None:
    org = twin.organisations["E0UNI"]
    granted = await install(twin, "E0UNI")
    assert (granted["team"], granted["is_enterprise_install"]) == (None, True)
    assert granted["enterprise"] == {"id": "E0UNI", "name": "University"}
    client = web(twin, granted["access_token"])
    assert (await client.auth_test())["is_enterprise_install"] is True
    assert await refusal(client.chat_postMessage(channel="C0MATH", text="hi")) == "missing_argument"
    org.add_app("T0MATH")
    assert (await client.chat_postMessage(channel="C0MATH", text="hi"))["ok"]
    assert (await client.users_info(user="W0EVE"))["user"]["team_id"] == "T0MATH"
    assert await refusal(client.users_list()) == "missing_argument"
    assert await refusal(client.users_list(team_id="T0PHYS")) == "team_access_not_granted"
    listed = await client.users_list(team_id="T0MATH")
    assert {each["id"] for each in listed["members"]} == {"W0BOT", "W0EVE"}
    await org.uninstall()
    assert await refusal(client.auth_test()) == "account_inactive"


async def test_what_an_organisation_s_app_is_told_names_workspace_and_organisation(twin: SlackTwin) -> None:
    await install(twin, "E0UNI")
    org = twin.organisations["E0UNI"]
    org.add_app("T0MATH")
    eve = twin.act_as("T0MATH", "W0EVE")
    command = (await eve.command("/walltime", channel="C0MATH")).payload
    assert command["team_id"] == "T0MATH"
    assert (command["enterprise_id"], command["is_enterprise_install"]) == ("E0UNI", "true")
    await org.uninstall()
    sent = {each.type: each.payload for each in twin.events}
    assert list(sent) == ["team_access_granted", "tokens_revoked", "app_uninstalled"]
    for payload in sent.values():
        assert "team_id" not in payload
        assert payload["enterprise_id"] == "E0UNI"
        assert payload["authorizations"][0]["is_enterprise_install"] is True


async def test_a_workspace_without_the_app_knows_no_command_and_tells_nothing(twin: SlackTwin) -> None:
    ann = twin.act_as("T0ONE", "U0ANN")
    assert (await ann.command("/walltime")).error == "unknown_command"
    await ann.open_home()
    await ann.say("hello")
    assert twin.events == []
