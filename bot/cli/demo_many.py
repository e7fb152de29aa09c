"""The demo's further workspaces: without the app, until somebody installs it."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.playground.cluster import ClusterTwin, Work
from bot.playground.slack import SlackTwin

CLIENT_ID: Final = "1234.5678"
CLIENT_SECRET: Final = "demo-client-secret"  # noqa: S105 (opens the look-alike only)
_PAST: Final = timedelta(days=60)


def furnish_many(slack: SlackTwin, cluster: ClusterTwin, public_url: str) -> dict[str, str]:
    """Add a workspace and an organisation of two; return the settings that let them install the app."""
    slack.redirect_urls.add(f"{public_url}/slack/oauth_redirect")
    slack.request_url = f"{public_url}/slack/events"
    slack.grants.rotation = True
    slack.add_workspace("T0BASALT", "Basalt Institute", bot_token=None)
    university = slack.add_organisation("E0COAST", "Coast University")
    for team, name in (("T0PHYS", "Coast Physics"), ("T0CHEM", "Coast Chemistry")):
        slack.add_workspace(team, name, bot_token=None, organisation=university.id)
    for team, person in (("T0BASALT", "U0NOOR"), ("T0PHYS", "W0EMIL"), ("T0CHEM", "W0EMIL")):
        workspace = slack.workspaces[team]
        name = person[2:].lower()
        workspace.add_person(person, name=name, title="Workspace admin", is_admin=True)
        workspace.add_channel(f"C0{team[2:]}", "hpc", members={person})
    start = datetime.now(UTC) - _PAST
    for person in ("U0NOOR", "W0EMIL"):
        name = person[2:].lower()
        cluster.add_user(name, work=Work(start=start, core_hours_per_week=500.0))
        slack.clipboard.append(
            {"for": person, "label": f"API token of {name} on East", "value": cluster.token(name)}
        )

    def add(on: bool) -> None:  # noqa: FBT001 (the page's switch calls it so)
        for team in ("T0PHYS", "T0CHEM") if university.is_installed else ():
            (university.add_app if on else university.remove_app)(team)

    slack.add_switch("org-app", "Coast's workspaces have the app", False, add)
    slack.notes.append(
        f"Basalt Institute and Coast University have not installed the app: open {public_url}/slack/install "
        "and allow it, then type `/walltime` there. Coast's admins add it to workspaces by the switch."
    )
    return {
        "SLACK_APP_TOKEN": "",
        "SLACK_SIGNING_SECRET": "playground-signing-secret",
        "SLACK_CLIENT_ID": CLIENT_ID,
        "SLACK_CLIENT_SECRET": CLIENT_SECRET,
    }
