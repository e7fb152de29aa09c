"""Tell what is owed: each notice once, in time and in order, whatever Slack does meanwhile.

One turn claims the places that are owed something and serves each by itself; `bot.usecases.delivery` has the
parts of it:

    held (Slack asked to wait, or does not answer) ──> everything waits
    in trouble (Slack refuses the place)           ──> one try every five minutes, the rest waits
    interrupted (its answer was lost)              ──> looked for by its id: found is told, else told again
    a storm                                        ──> once it stops growing one message with a table of the
                                                       highest, the others in its thread
    a digest, or a team's table                    ──> drawn now, its further pages in its thread
    else                                           ──> the oldest is posted, at most one a second; then edits
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.domain.errors import TellingFailed, TellingPaused, TellingRefused, TellingUnsure
from bot.domain.limits import Place
from bot.ports.alerting import Alerts, ChannelTrouble, Limits, Notices, Notifier, Places
from bot.ports.place_turns import PlaceTaken, PlaceTurn, PlaceTurns
from bot.usecases.delivery.digests import Digesting
from bot.usecases.delivery.editing import Editing
from bot.usecases.delivery.gathering import Gathering
from bot.usecases.delivery.in_hand import InHand
from bot.usecases.delivery.last_tables import LastTables
from bot.usecases.delivery.looking import Looking
from bot.usecases.delivery.posting import Posting
from bot.usecases.delivery.speaking import Speaking
from bot.usecases.delivery.storms import Storms
from bot.usecases.delivery.team_tables import Tabling
from bot.usecases.delivery.trouble import note_trouble
from bot.usecases.delivery.truth import Truth
from bot.usecases.delivery.turn import (
    LEASE,
    Digests,
    Discretes,
    Drawings,
    Outcome,
    Ports,
    TeamTables,
    Turn,
)

MOST_CLAIMED: Final = 1000
LOOK_AFTER: Final = timedelta(seconds=2)
LONGEST_BACKOFF: Final = timedelta(minutes=5)
RETRY_TROUBLE: Final = timedelta(minutes=5)
# A place in trouble is tried every five minutes, but its notices look this often whether it works again.
RECHECK: Final = timedelta(seconds=10)

# Drawings in the language of a place.
DrawingsFor = Callable[[str, Place], Awaitable[Drawings]]
# `asyncio.gather(*turns, return_exceptions=True)`, which use cases do not know.
Together = Callable[[Sequence[Awaitable[None]]], Awaitable[Sequence[BaseException | None]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverNotices:
    """Deliver. Turns may overlap, in one process or several: each place is in one hand at a time."""

    notices: Notices
    place_turns: PlaceTurns
    alerts: Alerts
    limits: Limits
    places: Places
    notifier: Notifier
    drawings: DrawingsFor
    digests: Digests
    teams: TeamTables
    together: Together
    discretion: Discretes | None = None
    clock: Callable[[], datetime]  # Slack may take its time within a turn: its pauses begin with its answer
    _last_tables: LastTables = field(default_factory=LastTables, init=False, repr=False)

    async def __call__(self, *, now: datetime) -> Outcome:
        """Serve every place that is owed something, all at once: a slow one delays nobody."""
        claimed = await self.place_turns.claim(now=now, lease=LEASE, most=MOST_CLAIMED)
        outcome = Outcome(claimed=sum(len(held.notices) for held in claimed))
        ended = await self.together([self._serve(held, outcome, now) for held in claimed])
        outcome.failures += [end for end in ended if end is not None]
        return outcome

    async def _serve(self, held: PlaceTurn, outcome: Outcome, now: datetime) -> None:
        """Serve one place. A failure leaves it to the end of its lease: who came next would fail again."""
        held.memory.forget_the_future(now)
        turn = Turn(
            ports=Ports(
                notices=self.notices,
                place_turns=self.place_turns,
                alerts=self.alerts,
                limits=self.limits,
                places=self.places,
                notifier=self.notifier,
                draw=await self.drawings(held.workspace, held.place),
                digests=self.digests,
                teams=self.teams,
                discretion=self.discretion,
            ),
            held=held,
            last_tables=self._last_tables,
            outcome=outcome,
            now=now,
            clock=self.clock,
        )
        try:
            await _take(turn, InHand(turn, held.notices))
        except PlaceTaken:
            outcome.overtaken += 1
            return
        await self.place_turns.leave(held)


async def _take(turn: Turn, hand: InHand) -> None:
    """Serve a place unless it is held or in trouble; what is left in hand at the end is given back."""
    memory, now = turn.memory, turn.now
    if memory.held_until is not None and now < memory.held_until:
        await hand.give_back(memory.held_until)
        return
    trouble = await turn.ports.places.trouble(turn.workspace, turn.place)
    turn.is_in_trouble = trouble is not None
    if trouble is None:
        memory.tried_at = None
    elif memory.tried_at is not None and now < memory.tried_at + RETRY_TROUBLE and not hand.is_asked_for:
        await hand.give_back(_recheck_at(memory.tried_at, now))
        return
    await hand.give_back(await _attempt(turn, hand, trouble))


async def _attempt(turn: Turn, hand: InHand, trouble: ChannelTrouble | None) -> datetime | None:
    """Look, post, edit; return until when what is left has to wait, None if only for its second."""
    memory = turn.memory
    truth, posting = Truth(turn=turn, hand=hand), Posting(turn=turn, hand=hand)
    storms = Storms(turn=turn, truth=truth, posting=posting)
    gathering = Gathering(turn=turn, hand=hand)
    digesting, tabling = Digesting(gathering=gathering), Tabling(gathering=gathering)
    looking = Looking(
        turn=turn, hand=hand, truth=truth, posting=posting, digesting=digesting, tabling=tabling
    )
    speaking = Speaking(
        turn=turn,
        hand=hand,
        truth=truth,
        posting=posting,
        storms=storms,
        digesting=digesting,
        tabling=tabling,
    )
    try:
        await looking.look()
        await speaking.speak()
        await Editing(turn=turn, hand=hand, truth=truth).edit()
    except TellingPaused as pause:
        memory.held_until = turn.clock() + pause.wait
    except TellingUnsure:
        turn.outcome.unsure += 1
        memory.held_until = turn.clock() + LOOK_AFTER
    except TellingFailed:
        memory.failures += 1
        memory.held_until = turn.clock() + _backoff(memory.failures)
    except TellingRefused as refused:
        await note_trouble(turn, hand.left, refused.code, trouble)
        return _recheck_at(turn.now, turn.now)
    else:
        return None
    return memory.held_until


def _recheck_at(tried_at: datetime, now: datetime) -> datetime:
    """Return when what waits here looks again: all of it together, so that it is told as one."""
    return tried_at + ((now - tried_at) // RECHECK + 1) * RECHECK


def _backoff(failures: int) -> timedelta:
    return min(timedelta(seconds=2.0 ** min(failures - 1, 10)), LONGEST_BACKOFF)
