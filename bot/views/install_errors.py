"""Why the app was not installed, and what to do next."""

from bot.domain.errors import (
    InstallCancelled,
    InstallMalformed,
    InstallMisconfigured,
    InstallRefused,
    InstallStateElsewhere,
    InstallStateExpired,
    InstallWrong,
    SlackSilent,
)
from bot.views.language import tr

_CODE_SPENT = frozenset({"invalid_code", "code_already_used", "code_expired"})


def install_fault(error: InstallWrong | SlackSilent | InstallMisconfigured) -> str:
    """Say it in plain text; the page offers to begin again."""
    match error:
        case InstallStateElsewhere():
            return tr(
                "The installation was begun in another browser, or yours keeps no cookies. Nothing was stored. "
                "Go on in that browser, or begin again in this one."
            )
        case InstallStateExpired():
            return tr(
                "The installation was begun more than ten minutes ago. Nothing was stored. Please begin again."
            )
        case InstallCancelled():
            return tr("You pressed Cancel at Slack, so nothing was installed and nothing was stored.")
        case InstallMalformed():
            return tr(
                "This address is Slack's way back from an installation, and a part of it is missing. Nothing was "
                "stored. Please begin again."
            )
        case InstallRefused() if error.code in _CODE_SPENT:
            return tr(
                "Slack does not take its own code any more: it is good once, and for ten minutes. Nothing was "
                "stored. Please begin again."
            )
        case InstallRefused():
            return tr(
                "Slack refuses the installation (“{code}”). Nothing was stored. Ask an admin of your workspace "
                "whether apps may be installed there, then begin again.",
                code=error.code[:80],
            )
        case SlackSilent():
            return tr(
                "Slack did not answer. Nothing was stored here, though Slack may show the app as installed "
                "already. Please begin again in a minute."
            )
        case InstallMisconfigured():
            return tr(
                "Slack does not know this bot by its settings (“{code}”). Nothing was stored. Whoever runs the bot "
                "has to check SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and WALLTIME_PUBLIC_URL.",
                code=error.code[:80],
            )
        case _:
            return tr(
                "This step was done once already, or it was not begun here. Nothing was stored by it. If "
                "Walltime does not answer in your workspace, begin again."
            )
