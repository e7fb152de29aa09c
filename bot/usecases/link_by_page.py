"""`link` by a one-time page: a form outside of Slack, put into effect inside it by the person it is for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from bot.domain.errors import (
    LinkCodeWrong,
    LinkPageOfAnother,
    LinkPageUnknown,
    LinkPageUsed,
    LinkPageVoid,
    QuestionNotAsked,
)
from bot.domain.link_pages import (
    CONFIRM_WITHIN,
    MOST_CODE_TRIES,
    PAGE_LIVES,
    LinkPage,
    PageState,
    check_asked,
    check_open,
    digest_of,
    is_code,
)
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.ports import AuditEntry, AuditLog
from bot.ports.link_pages import LinkPages, LinkQuestions
from bot.usecases.link_account import LinkAccount, LinkProof, LinkWish


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkForm:
    """What the page's form says; `browser` is the digest of the ticket that it came with."""

    cluster: str
    username: str
    token: Secret
    browser: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """A right code: the page, and the proof that is asked for once more before the link takes effect."""

    page: LinkPage
    proof: LinkProof


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkByPage:
    """Hand out a page, take its form, and let the person it was made for decide."""

    link_account: LinkAccount
    pages: LinkPages
    questions: LinkQuestions
    audit: AuditLog

    async def open(
        self,
        person: Person,
        *,
        person_name: str,
        cluster: str | None,
        name: Secret,
        page_id: str,
        now: datetime,
    ) -> LinkPage:
        """Make a page; `name` is a fresh random name for its URL, `page_id` one that Slack may see."""
        page = LinkPage(
            page_id=page_id,
            person=person,
            person_name=person_name,
            workspace_name="",  # the store knows it
            cluster=cluster,
            expires_at=now + PAGE_LIVES,
        )
        await self.pages.add(page, digest=digest_of(name))
        return page

    async def look(self, name: Secret, *, now: datetime) -> LinkPage:
        """Return an open page and change nothing; raises a LinkPageWrong."""
        page = await self._named(name)
        check_open(page, now=now)
        return page

    async def code_for(self, name: Secret, *, browser: str, now: datetime) -> tuple[LinkPage, Secret]:
        """Return the code of a page that this very browser filled in; raises a LinkPageWrong."""
        page = await self._named(name)
        check_asked(page, page.person, now=now)
        if page.state is not PageState.ASKED or page.browser != browser:
            raise LinkPageUsed
        return page, await self.pages.code(page)

    async def submit(self, page: LinkPage, form: LinkForm, *, code: Secret, now: datetime) -> None:
        """Prove the token as the Slack form does, then ask the person in Slack; no link takes effect here.

        `code` is a fresh random one. Raises what LinkAccount raises, LinkPageOver or QuestionNotAsked.
        """
        proof = self.link_account.examine(_wish(page.person, form), now=now)
        if not await self.pages.count_asking(page):
            await self._void(page, now=now)
        username, _ = await self.link_account.prove(proof, now=now)
        asked = replace(
            page,
            state=PageState.ASKED,
            cluster=form.cluster,
            username=username,
            browser=form.browser,
            expires_at=now + CONFIRM_WITHIN,
        )
        if not await self.pages.ask(asked, token=form.token, code=code):
            await self._was_over(page, now=now)
        await self._note(asked, "link_asked", page.person, f"username {username}, by the link page", now)
        try:
            await self.questions.ask(asked)
        except QuestionNotAsked:
            # A question that did arrive all the same, and is answered, finds the page cancelled.
            await self.pages.end(asked, PageState.CANCELLED)
            raise

    async def question(self, person: Person, page_id: str, *, now: datetime) -> LinkPage:
        """Return the page that a person is about to confirm; raises a LinkPageWrong."""
        page = await self.pages.one(person.workspace, page_id)
        if page is None:
            raise LinkPageUnknown
        try:
            check_asked(page, person, now=now)
        except LinkPageOfAnother as error:
            await self._note(page, "link_refused", person, type(error).__name__, now)
            raise
        return page

    async def check_code(self, person: Person, page_id: str, typed: str, *, now: datetime) -> Confirmation:
        """Let the bound person show that they see the page; raises LinkCodeWrong or a LinkPageWrong."""
        page = await self.question(person, page_id, now=now)
        tries = await self.pages.count_code_try(page)
        if tries is None:
            await self._void(page, now=now)
        if not is_code(typed, await self.pages.code(page)):
            await self._note(page, "link_refused", person, LinkCodeWrong.__name__, now)
            if tries >= MOST_CODE_TRIES:
                await self._void(page, now=now)
            raise LinkCodeWrong(tries_left=MOST_CODE_TRIES - tries)
        await self.pages.forgive_code_tries(page)
        wish = LinkWish(
            person=person,
            cluster=page.cluster or "",
            username=page.username,
            token=await self.pages.token(page),
        )
        return Confirmation(page=page, proof=self.link_account.examine(wish, now=now))

    async def confirm(
        self, confirmation: Confirmation, *, link_id: str, now: datetime
    ) -> tuple[Link, Reading]:
        """Put the link into effect, with a reading of this moment: the form's may be minutes old."""
        page, proof = confirmation.page, confirmation.proof
        username, reading = await self.link_account.prove(proof, now=now)
        if not await self.pages.end(page, PageState.CONFIRMED):
            await self._was_over(page, now=now)
        link = await self.link_account.record(proof, username, reading, link_id=link_id)
        return link, reading

    async def cancel(self, person: Person, page_id: str, *, now: datetime) -> LinkPage:
        """Say no: the token is erased; raises a LinkPageWrong."""
        page = await self.question(person, page_id, now=now)
        if not await self.pages.end(page, PageState.CANCELLED):
            await self._was_over(page, now=now)
        await self._note(page, "link_cancelled", person, f"username {page.username}, by the link page", now)
        return page

    async def _void(self, page: LinkPage, *, now: datetime) -> NoReturn:
        """End a page that was tried too often, and raise that it is."""
        if not await self.pages.end(page, PageState.VOID):
            await self._was_over(page, now=now)
        await self._note(page, "link_refused", page.person, LinkPageVoid.__name__, now)
        raise LinkPageVoid

    async def _was_over(self, page: LinkPage, *, now: datetime) -> NoReturn:
        """Raise what somebody else made of the page in the meantime."""
        current = await self.pages.one(page.person.workspace, page.page_id)
        if current is None:
            raise LinkPageUnknown
        check_open(current, now=now)
        raise LinkPageUsed

    async def _named(self, name: Secret) -> LinkPage:
        page = await self.pages.named(digest_of(name))
        if page is None:
            raise LinkPageUnknown
        return page

    async def _note(self, page: LinkPage, action: str, actor: Person, detail: str, now: datetime) -> None:
        await self.audit.record(
            AuditEntry(
                workspace=page.person.workspace,
                actor=actor.user,
                action=action,
                subject=f"{page.person.user}/{page.cluster or '?'}",
                detail=detail,
                at=now,
            )
        )


def _wish(person: Person, form: LinkForm) -> LinkWish:
    return LinkWish(person=person, cluster=form.cluster, username=form.username, token=form.token)
