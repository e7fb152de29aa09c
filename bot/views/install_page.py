"""The page at the end of an installation: what to do next, or why it did not come about."""

from bot.domain.errors import (
    InstallCancelled,
    InstallMisconfigured,
    InstallStateUnknown,
    InstallWrong,
    SlackSilent,
)
from bot.domain.installations import Installation
from bot.views.errors import failure_sentence
from bot.views.install_errors import install_fault
from bot.views.language import tr
from bot.views.losses import losses
from bot.views.pages import Look, draw_page


def installed_page(
    installation: Installation, look: Look, *, missing: tuple[str, ...], next_step: str
) -> str:
    """Draw what comes next: in Slack or, for an organisation, adding the app to its workspaces."""
    return draw_page(
        "install_done.html",
        look,
        title=tr("Walltime is installed in {name}", name=installation.name or installation.workspace),
        org_wide=installation.org_wide,
        missing=losses(missing),
        next_step=next_step,
    )


def not_installed_page(error: InstallWrong | InstallMisconfigured | SlackSilent, look: Look) -> str:
    """Draw why nothing was installed."""
    match error:
        case InstallCancelled():
            title = tr("Cancelled")
        case InstallStateUnknown():  # perhaps the page of a good end was loaded once more
            title = tr("This step is over")
        case _:
            title = tr("Walltime was not installed")
    return draw_page("install_refusal.html", look, title=title, reason=install_fault(error))


def install_failure_page(incident: str, look: Look) -> str:
    """Draw that the fault is ours."""
    return draw_page(
        "install_refusal.html",
        look,
        title=tr("Something went wrong"),
        reason=failure_sentence(incident),
    )
