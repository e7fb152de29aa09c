"""The audience guard: what of single people a channel may be told, now that these people read it.

Whoever joins a team agrees to the audience that they are shown. When more can read along later (guests,
another organisation, or everybody because the channel was made public) their numbers give way to sums until
they agree again. An audience that shrank needs no new word.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.standing import Audience

# A sum over one person is that person's number.
FEWEST_IN_SUM: Final = 2
_UNNAMED: Final = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """Who may read a person's numbers in a channel besides its members of this workspace."""

    is_public: bool
    with_guests: bool
    organisations: frozenset[str]

    @classmethod
    def to(cls, audience: Audience) -> Self:
        """Return what agreeing to this audience allows. A number of guests that is not known may be one."""
        organisations = frozenset(audience.organisations)
        if audience.is_shared_outside and not organisations:
            organisations = frozenset({_UNNAMED})
        return cls(
            is_public=not audience.is_private,
            with_guests=audience.guests != 0,
            organisations=organisations,
        )

    def covers(self, audience: Audience) -> bool:
        """Tell whether this audience has nobody who was not agreed to."""
        wanted = Consent.to(audience)
        return (
            self.is_public >= wanted.is_public
            and self.with_guests >= wanted.with_guests
            and self.organisations >= wanted.organisations
        )

    @property
    def digest(self) -> str:
        """Return a short name that only the same consent has."""
        text = repr((self.is_public, self.with_guests, sorted(self.organisations)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


# Of who joined before consents were kept, the least is taken: a private channel without anybody from outside.
UNRECORDED: Final = Consent(is_public=False, with_guests=False, organisations=frozenset())


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """A channel's team as its audience stands: who agreed to it, and who joined before it grew."""

    audience: Audience
    agreed: frozenset[str]
    lapsed: frozenset[str]

    def may_name(self, users: Collection[str]) -> bool:
        """Tell whether numbers of each of these people may be told in the channel."""
        return self.agreed.issuperset(users)

    def may_sum(self, users: Collection[str]) -> bool:
        """Tell whether the sum of these people may be told: it must not tell on one who has not agreed."""
        return len(set(users)) >= FEWEST_IN_SUM or self.may_name(users)
