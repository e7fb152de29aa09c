"""Signing in again for a link: what the answer must be, and what is written down."""

from datetime import datetime
from typing import Any

import pytest

from bot.domain.access_keys import AccessKey, RegionToken
from bot.domain.clusters import Cluster
from bot.domain.errors import ClusterSilent, RegionMissing, TokenOfOtherUsername, WalltimeError
from bot.domain.people import Link
from bot.domain.secret import Secret
from bot.ports import AuditEntry
from bot.usecases.sign_in import SignIn
from tests.unit.kit import ACCESS_KEY, NOW, SECRET_KEY, east, link, token

KEY = AccessKey(login="alice", access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY))
EAST = east(cluster_id="1", allow_access_keys=True)


class Desk:
    """A platform, a drawer with one key and an audit log, all in one."""

    def __init__(self, answer: list[RegionToken] | WalltimeError) -> None:
        self.answer = answer
        self.entries: list[AuditEntry] = []

    async def sign_in(self, cluster: Cluster, key: AccessKey, *, now: datetime) -> tuple[RegionToken, ...]:
        assert (cluster, key, now) == (EAST, KEY, NOW)
        if isinstance(self.answer, WalltimeError):
            raise self.answer
        return tuple(self.answer)

    async def of(self, link: Link) -> AccessKey | None:
        return KEY if link.username != "keyless" else None

    async def record(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


def sign_in(desk: Desk, *clusters: Cluster) -> SignIn:
    return SignIn(clusters=clusters or (EAST,), platform=desk, keys=desk, audit=desk)


def answer(**claims: Any) -> list[RegionToken]:
    return [RegionToken(cluster_id="1", token=Secret(token(**claims)))]


async def test_the_cluster_s_token_comes_back() -> None:
    desk = Desk(answer(user="alice"))
    assert await sign_in(desk).again(link(), now=NOW) == Secret(token(user="alice"))
    assert desk.entries == []


async def test_a_token_of_another_username_is_not_taken_and_is_written_down() -> None:
    desk = Desk(answer(user="bob", computeUser="b01"))
    with pytest.raises(TokenOfOtherUsername):
        await sign_in(desk).again(link(), now=NOW)
    (entry,) = desk.entries
    assert (entry.action, entry.subject, entry.detail) == (
        "sign_in_refused", "U1/east", "TokenOfOtherUsername",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "noted"), [(ClusterSilent("timeout"), 0), ([], 1)], ids=["silence", "a refusal"]
)
async def test_a_refusal_is_written_down_and_silence_is_not(outcome: Any, noted: int) -> None:
    desk = Desk(outcome)
    with pytest.raises((ClusterSilent, RegionMissing)):
        await sign_in(desk).again(link(), now=NOW)
    assert len(desk.entries) == noted


async def test_nobody_signs_in_without_a_key_a_cluster_or_leave() -> None:
    desk = Desk(ClusterSilent("asked"))
    assert await sign_in(desk).again(link(username="keyless"), now=NOW) is None
    assert await sign_in(desk).again(link(cluster="gone"), now=NOW) is None
    assert await sign_in(desk, east(cluster_id="1")).again(link(), now=NOW) is None
