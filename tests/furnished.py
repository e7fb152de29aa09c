"""A workspace with something in every table: two people, a channel, and all that the bot keeps of them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.access_keys import AccessKey
from bot.domain.alerts import AlertState, Decision, Form, Owed, Reason, Telling, acknowledge
from bot.domain.audience import Consent
from bot.domain.clusters import Cluster
from bot.domain.digests import OwedDigest
from bot.domain.health import LinkNews
from bot.domain.holidays import NO_HOLIDAYS
from bot.domain.installations import Installation
from bot.domain.limits import Limit, Place, PlaceKind, Scope, ScopeKind, place_of
from bot.domain.link_pages import LinkPage, PageState
from bot.domain.people import Link, Person
from bot.domain.periods import MONTH, window
from bot.domain.region_hosts import NOWHERE
from bot.domain.regions import Offer, Standing
from bot.domain.secret import Secret
from bot.domain.standups import Schedule, Standup
from bot.domain.table_pages import OwedPage, TablePage
from bot.domain.usage import Reading
from bot.ports import AuditEntry
from bot.ports.alerting import ChannelTrouble, Judged, Notice, NoticeKind
from bot.ports.installing import Tokens
from bot.ports.regions import SignedIn
from bot.store.engine import Database
from bot.store.found_clusters import SqlClusters
from bot.store.installations import SqlInstallations
from bot.store.languages import SqlLanguages
from bot.store.limits import SqlAlerts, SqlLimits
from bot.store.link_pages import SqlLinkPages
from bot.store.links import SqlLinks
from bot.store.notices import SqlNotices, SqlPlaces
from bot.store.place_turns import SqlPlaceTurns
from bot.store.sign_ins import SqlSignIns
from bot.store.standups import SqlStandups
from bot.store.teams import SqlTeams
from bot.store.vault import KeyRing
from bot.store.workspaces import SqlWorkspaces

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
CHANNEL = "C1"
# The first id begins like the second: who forgets one must not touch the other.
ANN = "U1"
BEN = "U12"
USERNAMES = {ANN: "hpc_ann", BEN: "hpc_ben"}


@dataclass(frozen=True)
class Furnished:
    """What was put into the tables, to ask about later."""

    workspace: str
    links: dict[str, Link]
    each: Limit
    tokens: dict[str, str]
    secret_key: str

    def person(self, user: str) -> Person:
        return Person(workspace=self.workspace, user=user)


async def furnish(database: Database, ring: KeyRing, workspace: str) -> Furnished:
    """Fill every table, as the bot itself would."""
    await SqlWorkspaces(database).meet(workspace, f"Lab {workspace}", now=NOW)
    await _install(database, ring, workspace)
    made = Furnished(
        workspace=workspace,
        links={user: _link(workspace, user) for user in (ANN, BEN)},
        each=_limit(workspace, "each", Scope(kind=ScopeKind.EACH, channel=CHANNEL)),
        tokens={user: f"token-of-{workspace}-{user}" for user in (ANN, BEN)},
        secret_key=f"secret-key-of-{workspace}",
    )
    consent = Consent(is_public=False, with_guests=False, organisations=frozenset())
    for user, link in made.links.items():
        key = AccessKey(login=f"login-{user}", access_key="ak-12345678", secret_key=Secret(made.secret_key))
        await SqlLinks(database, ring, clock=lambda: NOW).record(
            link,
            token=Secret(made.tokens[user]),
            reading=Reading(core_hours=5.5, at=NOW, confirmed_at=NOW),
            access_key=key if user == ANN else None,
        )
        await SqlTeams(database).join(link.person, CHANNEL, consent=consent, now=NOW)
        place = Place(kind=PlaceKind.DM, slack_id=user)
        await _choose(database, workspace, user, place, "zh")
    await _choose(database, workspace, ANN, Place(kind=PlaceKind.CHANNEL, slack_id=CHANNEL), "en")
    await _limits(database, made)
    await _owed(database, made)
    await _page(database, ring, made)
    await _sign_in(database, ring, made)
    standup = Standup.start(
        workspace=workspace,
        channel=CHANNEL,
        schedule=Schedule(at=time(9, 30), days=(0, 1, 2, 3, 4), zone=ZONE),
        set_by=made.person(ANN),
        holidays=NO_HOLIDAYS,
        now=NOW,
    )
    await SqlStandups(database).put(standup)
    return made


async def _install(database: Database, ring: KeyRing, workspace: str) -> None:
    installation = Installation(
        workspace=workspace,
        enterprise=None,
        org_wide=False,
        name=f"Lab {workspace}",
        app_id="A1",
        bot_user="UBOT",
        bot_id="BBOT",
        scopes=frozenset({"commands"}),
        installer=ANN,
        installed_at=NOW,
    )
    tokens = Tokens(bot=Secret(f"bot-token-of-{workspace}"), refresh=Secret(f"refresh-token-of-{workspace}"))
    await SqlInstallations(database, ring).record(installation, tokens, renew_at=None)


def _link(workspace: str, user: str) -> Link:
    return Link(
        person=Person(workspace=workspace, user=user),
        cluster="east",
        username=USERNAMES[user],
        link_id=f"00ff{USERNAMES[user]}",
        linked_at=NOW,
        token_expires_at=NOW + timedelta(hours=12),
    )


def _limit(workspace: str, limit_id: str, scope: Scope) -> Limit:
    return Limit(
        limit_id=limit_id,
        workspace=workspace,
        cluster="east",
        scope=scope,
        core_hours=10.0,
        period=MONTH,
        thresholds=(50,),
        set_by=Person(workspace=workspace, user=ANN),
        set_at=NOW,
        tells=place_of(scope),
    )


def _fired(limit: Limit) -> Decision:
    around = window(limit.period, NOW, ZONE)
    state = AlertState(window=around, told=50, told_at=NOW, opened_at=NOW, revision=1)
    return Decision(reason=Reason.CROSSED, state=state)


async def _limits(database: Database, made: Furnished) -> None:
    """Ann's own one, one for Ben, one for each: with alerts, and Ann has acknowledged Ben's."""
    limits, alerts = SqlLimits(database), SqlAlerts(database)
    own = _limit(made.workspace, "own", Scope(kind=ScopeKind.ME, user=ANN))
    for_ben = _limit(made.workspace, "ben", Scope(kind=ScopeKind.PERSON, user=BEN, channel=CHANNEL))
    for limit, users in ((made.each, (ANN, BEN)), (own, (ANN,)), (for_ben, (BEN,))):
        judged = [Judged(subject=user, revision=0, decision=_fired(limit)) for user in users]
        said = _notice(made, f"set-{limit.limit_id}", limit.tells, NoticeKind.LIMIT_SET, limit=limit)
        text = f"<@{ANN}> set a limit for <@{BEN}|ben>."
        await limits.put(
            limit, replaces=None, supersedes=None, judged=judged, notices=[replace(said, text=text)]
        )
        for user in users:
            await _acknowledged(alerts, limit, user)


async def _acknowledged(alerts: SqlAlerts, limit: Limit, subject: str) -> None:
    """Let Ann acknowledge it, while its message is still owed."""
    standing = await alerts.one(limit, subject)
    assert standing is not None
    notice = Notice(
        workspace=limit.workspace,
        notice_id=f"{limit.limit_id}-{subject}",
        place=limit.tells,
        kind=NoticeKind.ALERT,
        created_at=NOW,
        limit_id=limit.limit_id,
        subject=subject,
        owed=Owed(telling=Telling.CROSSED, form=Form.MESSAGE, threshold=50, window=standing.state.window),
    )
    decision = acknowledge(limit, standing.state, by=ANN, now=NOW)
    entry = _entry(limit.workspace, ANN, "ack", f"{limit.limit_id}/{subject}", "acknowledged")
    assert await alerts.record(standing, [decision], notices=[notice], entry=entry)


async def _owed(database: Database, made: Furnished) -> None:
    notices, places = SqlNotices(database), SqlPlaces(database)
    channel = Place(kind=PlaceKind.CHANNEL, slack_id=CHANNEL)
    page = OwedPage(channel=CHANNEL, ts="1.2", page=TablePage(cluster="east", users=(ANN, BEN))).write()
    asked = OwedDigest(day=NOW.date(), due_at=NOW, asked_by=ANN).write()
    await notices.owe(replace(_notice(made, "digest", channel, NoticeKind.STANDUP), text=asked))
    await notices.owe(replace(_notice(made, "page", channel, NoticeKind.STANDUP_PART), text=page))
    for user, link in made.links.items():
        dm = Place(kind=PlaceKind.DM, slack_id=user)
        news = LinkNews(cluster="east", username=link.username)
        about = _notice(made, f"news-{user}", dm, NoticeKind.NO_DATA)
        await notices.owe(replace(about, subject=link.link_id, news=news))
    for place in (channel, Place(kind=PlaceKind.DM, slack_id=ANN)):
        trouble = ChannelTrouble(reason="is_archived", since=NOW, owner_told=False)
        await places.set_trouble(made.workspace, place, trouble)
    turns = SqlPlaceTurns(database)
    for turn in await turns.claim(now=NOW, lease=timedelta(minutes=1), most=100):
        await turns.leave(turn)


def _notice(
    made: Furnished, name: str, place: Place, kind: NoticeKind, *, limit: Limit | None = None
) -> Notice:
    return Notice(
        workspace=made.workspace,
        notice_id=name,
        place=place,
        kind=kind,
        created_at=NOW,
        limit_id=None if limit is None else limit.limit_id,
    )


async def _page(database: Database, ring: KeyRing, made: Furnished) -> None:
    pages = SqlLinkPages(database, ring)
    page = LinkPage(
        page_id="page",
        person=made.person(ANN),
        person_name="Ann Ng",
        workspace_name="Lab",
        cluster="east",
        expires_at=NOW + timedelta(minutes=10),
        state=PageState.OPEN,
        browser=None,
        username="",
    )
    await pages.add(page, digest=f"digest-{made.workspace}")
    asked = replace(page, state=PageState.ASKED, username=USERNAMES[ANN], browser="browser")
    assert await pages.ask(asked, token=Secret(made.tokens[ANN]), code=Secret("ABC234"))


async def _sign_in(database: Database, ring: KeyRing, made: Furnished) -> None:
    """Ann is about to choose a region, and somebody chose one before."""
    key = AccessKey(login=f"login-{ANN}", access_key="ak-12345678", secret_key=Secret(made.secret_key))
    signed_in = SignedIn(
        sign_in_id=f"sign-in-{made.workspace}",
        person=made.person(ANN),
        via="east",
        key=key,
        offers=(Offer(cluster_id="7", label="North", standing=Standing.OPEN),),
        expires_at=NOW + timedelta(minutes=10),
        tokens={"7": Secret(made.tokens[ANN])},
    )
    await SqlSignIns(database, ring).add(signed_in)
    north = Cluster(
        name="region-7",
        label="North",
        url="https://north.example.edu",
        timezone=ZONE,
        cluster_id="7",
        is_found=True,
    )
    await SqlClusters(database, (), hosts=NOWHERE).keep(north, now=NOW)


async def _choose(database: Database, workspace: str, user: str, place: Place, code: str) -> None:
    entry = _entry(workspace, user, "language_chosen", place.slack_id, code)
    await SqlLanguages(database).choose(workspace, place, code, entry=entry)


def _entry(workspace: str, actor: str, action: str, subject: str, detail: str) -> AuditEntry:
    return AuditEntry(workspace=workspace, actor=actor, action=action, subject=subject, detail=detail, at=NOW)
