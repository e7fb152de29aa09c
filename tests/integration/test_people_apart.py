"""Whatever people do in whatever order, nobody's link, number or message reaches anybody else."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.people import Person
from bot.playground.cluster import ClusterTwin
from tests.store_kit import Office
from tests.world import Clock, World

PEOPLE = [Person(workspace=w, user=u) for w in ("T0LAB", "T0OTHER") for u in ("U0ALICE", "U0BOB")]
USERNAMES = ("ann", "ben")
Step = tuple[str, Person, str]

steps = st.lists(
    st.tuples(
        st.sampled_from(["link", "unlink", "ask"]), st.sampled_from(PEOPLE), st.sampled_from(USERNAMES)
    ),
    max_size=12,
)


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "all at once"])
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_two_workspaces_with_the_same_user_ids_never_mix(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[Step], *, at_once: bool
) -> None:
    asyncio.run(_act(tmp_path_factory.mktemp("office"), steps, at_once=at_once))


async def _act(folder: Path, steps: Sequence[Step], *, at_once: bool) -> None:
    clock = Clock()
    cluster = ClusterTwin(name="east", cluster_id="11112", clock=clock)
    await cluster.start()
    cluster.add_user("ann", core_hours=11.0)
    cluster.add_user("ben", core_hours=22.0)
    linked: dict[Person, str] = {}
    try:
        async with Office(folder, cluster, clock) as office:
            work = [_step(office, cluster, linked, step, known=not at_once) for step in steps]
            if at_once:
                await asyncio.gather(*work)
            else:
                for one in work:
                    await one
            for person in PEOPLE:
                for link in await office.links.of(person):
                    assert link.person == person
                    assert (await office.links.token(link)).reveal() in office.tokens[person, link.username]
                    last = await office.readings.last(link)
                    assert last is not None
                    assert last.core_hours == {"ann": 11.0, "ben": 22.0}[link.username]
    finally:
        await cluster.stop()


async def _step(
    office: Office, cluster: ClusterTwin, linked: dict[Person, str], step: Step, *, known: bool
) -> None:
    """Do one step; where steps follow each other, what it must show is known."""
    deed, person, username = step
    if deed == "link":
        await office.link(person, cluster.token(username), username)
        linked[person] = username
    elif deed == "unlink":
        await office.forget(person)
        linked.pop(person, None)
    else:
        told = await office.ask(person)
        assert told in ([], [("ann", 11.0)], [("ben", 22.0)])
        if known:
            assert [name for name, _ in told] == ([linked[person]] if person in linked else [])


async def test_two_people_linking_at_the_same_time_each_get_their_own(lab: World) -> None:
    async with lab.bot():
        await asyncio.gather(lab.link(lab.alice), lab.link(lab.bob, username="bob"))
        assert {(link.person, link.username) for link in await lab.rows("links")} == {
            ("U0ALICE", "alice"),
            ("U0BOB", "bob"),
        }


async def test_the_same_person_twice_at_once_has_one_link(lab: World) -> None:
    async with lab.bot():
        await asyncio.gather(
            *(lab.fill_form(lab.alice, token=lab.east.token(name)) for name in ("alice", "bob"))
        )
        await asyncio.sleep(0.3)
        links = await lab.rows("links")
        readings = await lab.rows("readings")
    assert len(links) == 1
    assert {reading.link_id for reading in readings} == {links[0].link_id}
