"""Trouble: a place that takes no messages, and the word to whoever set a limit or a standup for it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.digests import OwedDigest
from bot.domain.installations import WORKSPACE_IS_OUT
from bot.domain.limits import Place, PlaceKind
from bot.domain.team_usage import OwedTable
from bot.ports.alerting import ChannelTrouble, Notice, NoticeKind
from bot.usecases.counting import derived_id
from bot.usecases.delivery.turn import Turn


async def note_trouble(turn: Turn, owed: Sequence[Notice], code: str, known: ChannelTrouble | None) -> None:
    """Remember that the place takes nothing, and tell whoever set something up for it, once each."""
    turn.outcome.refused.append((turn.place, code))
    turn.memory.tried_at = turn.now
    trouble = ChannelTrouble(
        reason=code,
        since=known.since if known else turn.now,
        owner_told=known.owner_told if known else False,
    )
    places = turn.ports.places
    await places.set_trouble(turn.workspace, turn.place, trouble)
    if turn.place.kind is not PlaceKind.CHANNEL or code in WORKSPACE_IS_OUT:
        return  # or nobody in the workspace can be told
    owners = await _owners(turn, owed)
    for owner, limit_id in owners.items():
        await turn.ports.notices.owe(
            Notice(
                workspace=turn.workspace,
                # The same id again is nothing new: one for each owner and trouble.
                notice_id=derived_id("trouble", turn.place.slack_id, trouble.since.isoformat(), owner),
                place=Place(kind=PlaceKind.DM, slack_id=owner),
                kind=NoticeKind.CHANNEL_TROUBLE,
                created_at=turn.now,
                limit_id=limit_id,
                subject=turn.place.slack_id,
                text=turn.ports.draw.trouble(turn.place, code),
            )
        )
    if owners and not trouble.owner_told:
        await places.set_trouble(turn.workspace, turn.place, replace(trouble, owner_told=True))


async def _owners(turn: Turn, owed: Sequence[Notice]) -> dict[str, str | None]:
    """Return who set up what these are about, each with one of their limits if it is one."""
    owners: dict[str, str | None] = {}
    for limit_id in {notice.limit_id for notice in owed if notice.limit_id is not None}:
        limit = await turn.ports.limits.one(turn.workspace, limit_id)
        if limit is not None:
            owners.setdefault(limit.set_by.user, limit_id)
    for notice in owed:
        if notice.kind is NoticeKind.STANDUP and (owner := await _responsible(turn, notice)) is not None:
            owners.setdefault(owner, None)
        if notice.kind is NoticeKind.TEAM_TABLE:
            owners.setdefault(OwedTable.read(notice.text).asked_by, None)
    return owners


async def _responsible(turn: Turn, notice: Notice) -> str | None:
    """Return who asked for a digest, else who set the standup up."""
    asked_by = OwedDigest.read(notice.text).asked_by
    standup = await turn.ports.digests.standup(turn.workspace, turn.place.slack_id)
    return asked_by or (standup.set_by.user if standup is not None else None)
