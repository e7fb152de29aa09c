"""`team`: the roster of a channel with what everybody used, as far as the channel may be told."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import NotFullMember, NotInChannel
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.domain.standing import Standing
from bot.domain.team_usage import OwedTable, TeamUsage
from bot.ports.alerting import Notice, NoticeKind, Notices
from bot.usecases.gather_team import GatherTeam


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowTeam:
    """Show a team's tables to a member of its channel, or owe one to the channel."""

    gather: GatherTeam
    notices: Notices

    async def __call__(self, person: Person, channel: str, *, standing: Standing, now: datetime) -> TeamUsage:
        """Return the tables; raises NotInChannel, ChannelClosed or AudienceUnknown."""
        if not standing.is_member:
            raise NotInChannel
        return await self.gather(person.workspace, channel, now=now)

    async def post(
        self,
        person: Person,
        channel: str,
        cluster: str,
        *,
        standing: Standing,
        notice_id: str,
        now: datetime,
    ) -> None:
        """Owe a cluster's table to the channel, drawn as it is told; raises NotFullMember for guests, too.

        `notice_id` is the same for the same wish, however often it is asked for.
        """
        if not standing.is_full_member:
            raise NotFullMember
        await self.notices.owe(
            Notice(
                workspace=person.workspace,
                notice_id=notice_id,
                place=Place(kind=PlaceKind.CHANNEL, slack_id=channel),
                kind=NoticeKind.TEAM_TABLE,
                created_at=now,
                text=OwedTable(cluster=cluster, asked_by=person.user).write(),
            )
        )
