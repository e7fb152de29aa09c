"""Which workspace a request is about."""

from typing import Any

from bot.slack.desk import person_of
from bot.slack.placing import placed
from tests.unit.kit import table

ORG = {"id": "E1", "name": "University"}


@table(
    "payload team",
    {
        "a click in a workspace": ({"team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T2"}}, "T1"),
        "a form that an organisation's app opened": (
            {
                "team": None,
                "enterprise": ORG,
                "user": {"id": "W1", "team_id": "T9"},
                "view": {"team_id": "T1", "app_installed_team_id": None},
            },
            "T1",
        ),
        "a form of a workspace where the app is installed by itself": (
            {"team": None, "user": {"id": "U1", "team_id": "T9"}, "view": {"app_installed_team_id": "T1"}},
            "T1",
        ),
        "a view that names only the organisation": (
            {
                "team": None,
                "enterprise": ORG,
                "user": {"id": "W1", "team_id": "T1"},
                "view": {"team_id": "E1"},
            },
            "T1",
        ),
        "a shortcut without a view": ({"team": None, "user": {"id": "W1", "team_id": "T1"}}, "T1"),
    },
)
def test_an_interaction_is_about_the_workspace_it_happened_in(payload: dict[str, Any], team: str) -> None:
    found = placed(payload)
    assert found["team"]["id"] == team
    assert person_of(found).workspace == team


def test_an_event_says_its_workspace_where_bolt_looks() -> None:
    event = {
        "type": "event_callback",
        "team_id": "T1",
        "authorizations": [{"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}],
    }
    assert placed(event)["authorizations"][0]["team_id"] == "T1"
    assert event["authorizations"] == [
        {"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}
    ]


@table(
    "payload",
    {
        "a command": ({"command": "/walltime", "team_id": "T1"},),
        "an event of a workspace": (
            {"type": "event_callback", "team_id": "T1", "authorizations": [{"team_id": "T1"}]},
        ),
        "an event of an organisation": (
            {"type": "event_callback", "enterprise_id": "E1", "authorizations": [{"team_id": None}]},
        ),
        "an event of an odd shape": ({"type": "event_callback", "team_id": "T1", "authorizations": "x"},),
        "nobody's": ({"type": "block_actions"},),
    },
)
def test_the_rest_is_left_as_it_is(payload: dict[str, Any]) -> None:
    assert placed(payload) == payload
