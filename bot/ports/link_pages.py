"""The promises behind the one-time link page."""

from typing import Protocol

from bot.domain.link_pages import LinkPage, PageState
from bot.domain.secret import Secret


class LinkPages(Protocol):
    """The pages handed out. Of a page's one-time name only a digest is kept; token and code are sealed.

    Each step is decided by the database: of two that try it at once, in whatever process, one gets True.
    """

    async def add(self, page: LinkPage, *, digest: str) -> None:
        """Remember a new page under the digest of its name."""
        ...

    async def named(self, digest: str) -> LinkPage | None:
        """Return the page whose name has this digest."""
        ...

    async def one(self, workspace: str, page_id: str) -> LinkPage | None:
        """Return a page of a workspace."""
        ...

    async def count_asking(self, page: LinkPage) -> bool:
        """Count that the cluster is asked for an open page; False when it had its share."""
        ...

    async def ask(self, page: LinkPage, *, token: Secret, code: Secret) -> bool:
        """Put what the form said in place of the open page; False if it is not open any more."""
        ...

    async def token(self, page: LinkPage) -> Secret:
        """Open the token of an asked page; raises SealBroken, or LinkPageUnknown when it is erased."""
        ...

    async def code(self, page: LinkPage) -> Secret:
        """Open the code of an asked page; raises as `token` does."""
        ...

    async def count_code_try(self, page: LinkPage) -> int | None:
        """Count a try of the code of an asked page and return how many there were; None when none is left."""
        ...

    async def forgive_code_tries(self, page: LinkPage) -> None:
        """Forget the tries: the code was right."""
        ...

    async def end(self, page: LinkPage, state: PageState) -> bool:
        """End a page that is still in the state given, and erase its secrets from the files too."""
        ...


class LinkQuestions(Protocol):
    """The way to the person whom a page was made for."""

    async def ask(self, page: LinkPage) -> None:
        """Ask them, in Slack, to confirm what the page's form said; raises QuestionNotAsked."""
        ...
