"""Modals: triggers, stacks, hashes, what is typed into them, and how they end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.playground.slack_kit import (
    ALICE,
    APP_TOKEN,
    GENERAL,
    Lab,
    actions,
    button,
    modal,
    plain,
    refusal,
    running,
    section,
    text_input,
)

OPTIONS = [{"text": plain(each), "value": each} for each in ("east", "west")]


class App:
    """An app that acknowledges everything with what it was told to."""

    def __init__(self, link: aiohttp.ClientWebSocketResponse) -> None:
        self.payloads: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self._link = link

    async def serve(self) -> None:
        async for frame in self._link:
            envelope = frame.json()
            if envelope["type"] == "hello":
                continue
            self.payloads.append(envelope["payload"])
            answer = self.answers.pop(0) if self.answers else {}
            await self._link.send_json({"envelope_id": envelope["envelope_id"], "payload": answer})


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        yield made


@pytest.fixture
def web(lab: Lab) -> AsyncWebClient:
    return lab.web()


@pytest.fixture
async def app(lab: Lab) -> AsyncIterator[App]:
    url = (await lab.web(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as link:
        made = App(link)
        serving = asyncio.create_task(made.serve())
        yield made
        await link.close()
        await serving


async def trigger(lab: Lab) -> str:
    return str((await lab.alice.shortcut("any")).trigger_id)


async def opened(lab: Lab, view: dict[str, Any]) -> Any:
    return await lab.web().views_open(trigger_id=await trigger(lab), view=view)


@pytest.mark.usefixtures("app")
async def test_a_trigger_opens_one_view_within_three_seconds(lab: Lab, web: AsyncWebClient) -> None:
    good = await trigger(lab)
    assert await refusal(web.views_open(trigger_id=good, view=modal(colour="red"))) == "invalid_arguments"
    answer = await web.views_open(trigger_id=good, view=modal(private_metadata="x"))
    late = await trigger(lab)
    lab.clock.forward(seconds=3.1)

    assert lab.alice.views[0].id == answer["view"]["id"]
    assert answer["view"]["private_metadata"] == "x"
    assert answer["view"]["root_view_id"] == answer["view"]["id"]
    assert await refusal(web.views_open(trigger_id=good, view=modal())) == "exchanged_trigger_id"
    assert await refusal(web.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    assert await refusal(web.views_open(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"


@pytest.mark.usefixtures("app")
async def test_a_bad_view_names_its_fault(lab: Lab, web: AsyncWebClient) -> None:
    good = await trigger(lab)
    big = {**modal(), "blocks": [section("a" * 3000) for _ in range(90)]}

    assert await refusal(web.views_open(trigger_id=good, view=big)) == "view_too_large"
    assert await refusal(web.views_open(trigger_id=good, view="[]")) == "invalid_arguments"  # type: ignore[arg-type]
    home = {"type": "home", "blocks": [section("a")]}
    assert await refusal(web.views_open(trigger_id=good, view=home)) == "invalid_arguments"


@pytest.mark.usefixtures("app")
async def test_three_views_stand_on_each_other_at_most(lab: Lab, web: AsyncWebClient) -> None:
    first = await opened(lab, modal(section("1"), actions(button("more"))))
    for number in (2, 3):
        clicked = await lab.alice.click("more", view=lab.alice.views[0])
        view = modal(section(str(number)))
        pushed = await web.views_push(trigger_id=str(clicked.trigger_id), view=view)
        assert pushed["view"]["root_view_id"] == first["view"]["id"]
    clicked = await lab.alice.click("more", view=lab.alice.views[0])
    one_more = web.views_push(trigger_id=str(clicked.trigger_id), view=modal())

    assert await refusal(one_more) == "push_limit_reached"
    assert [each.view["previous_view_id"] for each in lab.alice.views[1:]] == [
        each.id for each in lab.alice.views[:2]
    ]
    await lab.alice.close_view(lab.alice.views[-1])
    assert len(lab.alice.views) == 2


@pytest.mark.usefixtures("app")
async def test_an_update_keeps_what_is_typed_into_inputs_that_stay(
    lab: Lab, web: AsyncWebClient, app: App
) -> None:
    menu = {"type": "static_select", "action_id": "cluster", "options": OPTIONS, "initial_option": OPTIONS[0]}
    form = modal(text_input("name"), text_input("cluster", element=menu, dispatch_action=True))
    first = await opened(lab, form)
    await lab.alice.click("name", view=lab.alice.views[0], selected="alice")
    await lab.alice.click("cluster", view=lab.alice.views[0], selected="west")
    seen = app.payloads[-1]["view"]["state"]["values"]
    updated = await web.views_update(
        view_id=first["view"]["id"],
        hash=first["view"]["hash"],
        view=modal(text_input("name"), text_input("more")),
    )
    stale = web.views_update(view_id=first["view"]["id"], hash=first["view"]["hash"], view=modal())

    assert app.payloads[-1]["type"] == "block_actions"
    assert seen["name"]["name"]["value"] == "alice"
    assert seen["cluster"]["cluster"]["selected_option"]["value"] == "west"
    assert updated["view"]["state"]["values"] == {
        "name": {"name": {"type": "plain_text_input", "value": "alice"}},
        "more": {"more": {"type": "plain_text_input", "value": None}},
    }
    assert await refusal(stale) == "hash_conflict"
    await lab.alice.close_view(updated["view"])
    assert await refusal(web.views_update(view_id=first["view"]["id"], view=modal())) == "not_found"


@pytest.mark.usefixtures("app")
async def test_an_external_id_names_one_open_view(lab: Lab, web: AsyncWebClient) -> None:
    await opened(lab, modal(external_id="mine"))
    again = await web.views_update(external_id="mine", view=modal(section("b"), external_id="mine"))
    twice = web.views_open(trigger_id=await trigger(lab), view=modal(external_id="mine"))

    assert again["view"]["blocks"][0]["type"] == "section"
    assert await refusal(twice) == "duplicate_external_id"


async def test_every_kind_of_input_has_its_state(lab: Lab, app: App) -> None:
    kinds: list[tuple[str, dict[str, Any], Any, tuple[str, Any]]] = [
        ("a", {"type": "checkboxes", "options": OPTIONS}, ["west"], ("selected_options", [OPTIONS[1]])),
        (
            "b",
            {"type": "multi_static_select", "options": OPTIONS},
            "east",
            ("selected_options", [OPTIONS[0]]),
        ),
        ("c", {"type": "datepicker"}, "2026-09-01", ("selected_date", "2026-09-01")),
        ("d", {"type": "timepicker"}, "09:30", ("selected_time", "09:30")),
        ("e", {"type": "users_select"}, ALICE, ("selected_user", ALICE)),
        (
            "f",
            {"type": "conversations_select", "response_url_enabled": True},
            GENERAL,
            ("selected_conversation", GENERAL),
        ),
        ("g", {"type": "number_input", "is_decimal_allowed": True}, 2.5, ("value", "2.5")),
        ("h", {"type": "radio_buttons", "options": OPTIONS}, "west", ("selected_option", OPTIONS[1])),
        (
            "i",
            {"type": "external_select", "initial_option": OPTIONS[0]},
            "x",
            ("selected_option", {"text": plain("x"), "value": "x"}),
        ),
        ("j", {"type": "datetimepicker"}, 1_700_000_000, ("selected_date_time", 1_700_000_000)),
    ]
    blocks = [text_input(name, element={**element, "action_id": name}) for name, element, *_ in kinds]
    await opened(lab, modal(*blocks))
    await lab.alice.submit(lab.alice.views[0], {name: value for name, _, value, _ in kinds})
    sent = app.payloads[-1]

    for name, element, _, (key, value) in kinds:
        assert sent["view"]["state"]["values"][name][name] == {"type": element["type"], key: value}
    assert sent["response_urls"][0]["channel_id"] == GENERAL
    assert sent["type"] == "view_submission"


@pytest.mark.parametrize(
    ("element", "value", "words"),
    [
        ({"type": "plain_text_input", "min_length": 3}, "ab", "at least 3"),
        ({"type": "plain_text_input", "max_length": 3}, "abcd", "no more than 3"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "valid number"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "1"}, "0.5", "at least 1"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "1"}, "1.5", "at most 1"),
        ({"type": "email_text_input"}, "alice", "email"),
        ({"type": "url_text_input"}, "alice", "URL"),
        ({"type": "multi_users_select", "max_selected_items": 1}, ["U1", "U2"], "no more than 1"),
        ({"type": "static_select", "options": OPTIONS}, None, "required"),
    ],
)
async def test_slacks_own_form_refuses_before_anything_is_sent(
    lab: Lab, app: App, element: dict[str, Any], value: Any, words: str
) -> None:
    await opened(lab, modal(text_input("a", element={**element, "action_id": "a"})))
    before = len(app.payloads)
    delivery = await lab.alice.submit(lab.alice.views[0], {"a": value})

    assert words in delivery.errors["a"]
    assert (delivery.ok, delivery.error, len(app.payloads)) == (False, "form_refused", before)


async def test_answers_update_push_and_clear(lab: Lab, app: App) -> None:
    await opened(lab, modal())
    app.answers = [
        {"response_action": "update", "view": modal(text_input("second"))},
        {"response_action": "push", "view": modal(text_input("third"))},
        {"response_action": "clear"},
    ]
    await lab.alice.submit(lab.alice.views[-1], {"name": "a"})
    assert [each.blocks[0]["block_id"] for each in lab.alice.views] == ["second"]
    await lab.alice.submit(lab.alice.views[-1], {"second": "a"})
    assert [each.blocks[0]["block_id"] for each in lab.alice.views] == ["second", "third"]
    await lab.alice.submit(lab.alice.views[-1], {"third": "a"})
    assert lab.alice.views == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"response_action": "errors", "errors": {"other": "no"}}, "invalid_errors"),
        ({"response_action": "errors", "errors": {}}, "invalid_errors"),
        ({"response_action": "update", "view": modal(colour="red")}, "invalid_arguments"),
        ({"response_action": "push", "view": None}, "invalid_arguments"),
        ({"response_action": "dance"}, "invalid_response_action"),
    ],
)
async def test_a_bad_answer_leaves_the_form_open(
    lab: Lab, app: App, answer: dict[str, Any], error: str
) -> None:
    await opened(lab, modal())
    app.answers = [answer]
    delivery = await lab.alice.submit(lab.alice.views[0], {"name": "a"})

    assert (delivery.ok, delivery.error) == (False, error)
    assert len(lab.alice.views) == 1
    assert lab.alice.notices[-1].startswith("We had some trouble connecting")


async def test_closing_is_told_when_asked_for(lab: Lab, app: App) -> None:
    await opened(lab, modal(notify_on_close=True))
    told = await lab.alice.close_view(lab.alice.views[0])
    await opened(lab, modal())
    untold = await lab.alice.close_view(lab.alice.views[0])
    await opened(lab, modal(notify_on_close=True, clear_on_close=True))
    cleared = await lab.alice.close_view(lab.alice.views[0])

    assert told is not None
    assert (told.payload["type"], told.payload["is_cleared"]) == ("view_closed", False)
    assert untold is None
    assert cleared is not None
    assert cleared.payload["is_cleared"] is True
    assert lab.alice.views == []
    assert len(app.payloads) == 5


async def test_a_home_tab_can_be_switched_off_and_is_hashed(lab: Lab, web: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [section("a")]}
    first = (await web.views_publish(user_id=ALICE, view=home))["view"]
    second = (await web.views_publish(user_id=ALICE, view=home, hash=first["hash"]))["view"]

    assert first["id"] == second["id"]
    assert await refusal(web.views_publish(user_id=ALICE, view=home, hash=first["hash"])) == "hash_conflict"
    assert await refusal(web.views_publish(user_id="U0NOBODY", view=home)) == "user_not_found"
    assert await refusal(web.views_publish(user_id=ALICE, view=modal())) == "invalid_arguments"
    lab.workspace.home_enabled = False
    assert await refusal(web.views_publish(user_id=ALICE, view=home)) == "not_enabled"


async def test_waiting_in_vain_says_what_there_is(lab: Lab, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=GENERAL, text="something else")

    with pytest.raises(TimeoutError, match="something else"):
        await lab.alice.wait_message(lambda message: message.text == "x", timeout=0.01)
    with pytest.raises(TimeoutError, match=r"has open: \[\]"):
        await lab.alice.wait_view(timeout=0.01)
    with pytest.raises(LookupError, match="no submit button"):
        await lab.alice.submit(await _without_submit(lab))


async def _without_submit(lab: Lab) -> Any:
    lab.workspace.windows.open(ALICE, {"type": "modal", "title": plain("a"), "blocks": [section("a")]})
    return lab.alice.views[0]


async def test_a_wait_returns_each_version_once_and_the_newest_first(lab: Lab, web: AsyncWebClient) -> None:
    posted = [(await web.chat_postMessage(channel=GENERAL, text=f"m{n}"))["ts"] for n in range(2)]
    mark = lab.alice.mark()
    await web.chat_update(channel=GENERAL, ts=posted[0], text="m0 edited")

    texts = [(await lab.alice.wait_message(timeout=0.01)).text for _ in range(2)]
    await web.chat_postMessage(channel=GENERAL, text="m2")
    later = await lab.alice.wait_message(since=mark, channel=GENERAL)

    assert texts == ["m0 edited", "m1"]
    assert later.text == "m2"
    with pytest.raises(TimeoutError):
        await lab.alice.wait_message(timeout=0.01)
    with pytest.raises(ZeroDivisionError):
        await _arriving_while_waiting(lab, web)


async def _arriving_while_waiting(lab: Lab, web: AsyncWebClient) -> None:
    waiting = asyncio.create_task(lab.alice.wait_message(lambda message: bool(1 / (len(message.text) - 3))))
    await asyncio.sleep(0)
    await web.chat_postMessage(channel=GENERAL, text="abc")
    await waiting
