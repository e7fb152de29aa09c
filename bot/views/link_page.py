"""The one-time link page, as HTML that needs no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.clusters import Cluster, named
from bot.domain.errors import LinkPageUnknown, LinkPageUsed, QuestionNotAsked, WalltimeError
from bot.domain.link_pages import LinkPage, spelled
from bot.domain.secret import Secret
from bot.views.errors import failure_sentence, sentence
from bot.views.language import tr
from bot.views.link import field_errors
from bot.views.pages import Look, draw_page


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """What stands in the form when it is shown: never a token."""

    cluster: str | None = None
    username: str = ""


def link_form_page(
    page: LinkPage,
    clusters: Sequence[Cluster],
    look: Look,
    *,
    ticket: str,
    typed: Typed,
    error: WalltimeError | None = None,
    trouble: str | None = None,
) -> str:
    """Draw the form; an error stands at its field, `trouble` above all of them."""
    chosen = named(typed.cluster, clusters)
    faults: Mapping[str, str] = field_errors(error, chosen) if error else {}
    return draw_page(
        "link_form.html",
        look,
        page=page,
        clusters=clusters,
        ticket=ticket,
        chosen=chosen.name if chosen else None,
        username=typed.username,
        faults=faults,
        trouble=trouble,
    )


def link_code_page(page: LinkPage, code: Secret, clusters: Sequence[Cluster], look: Look) -> str:
    """Draw what is left to do in Slack, with the code."""
    label = next((cluster.label for cluster in clusters if cluster.name == page.cluster), page.cluster)
    return draw_page("link_code.html", look, page=page, code=spelled(code), cluster=label)


def link_refusal_page(error: WalltimeError, look: Look, *, sent: bool = False) -> str:
    """Draw why there is no form; who `sent` one twice finds the way back to the code."""
    match error:
        case LinkPageUnknown():
            title = tr("There is no such page")
        case QuestionNotAsked():
            title = tr("Slack did not take the question")
        case _:
            title = tr("This page is over")
    reason = sentence(error)
    return _refusal(title, reason, look, code_again=sent and isinstance(error, LinkPageUsed))


def link_busy_page(look: Look) -> str:
    """Draw that too many addresses were tried."""
    reason = tr("Too many addresses that do not exist were opened from your network. Wait a minute.")
    return _refusal(tr("Please wait"), reason, look)


def link_failure_page(incident: str, look: Look) -> str:
    """Draw that the fault is ours."""
    title = tr("Something went wrong")
    return _refusal(title, failure_sentence(incident), look)


def not_this_form_sentence() -> str:
    """Say that what came was not the form that was shown here."""
    return tr(
        "The form did not come from this page as it is now open in your browser: the page was opened once "
        "more, or the browser keeps no cookies for it. Please fill it in again."
    )


def _refusal(title: str, reason: str, look: Look, *, code_again: bool = False) -> str:
    return draw_page("link_refusal.html", look, title=title, reason=reason, code_again=code_again)
