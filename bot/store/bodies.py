"""Values that are stored whole, as JSON; pydantic checks them on the way out."""

from typing import Final

from pydantic import TypeAdapter

from bot.domain.alerts import AlertState, Owed, Transition
from bot.domain.audience import Consent
from bot.domain.health import LinkNews
from bot.domain.limits import Limit
from bot.domain.standups import Standup
from bot.ports.place_turns import Memory

LIMIT: Final = TypeAdapter(Limit)
STATE: Final = TypeAdapter(AlertState)
TRANSITION: Final = TypeAdapter(Transition)
OWED: Final = TypeAdapter(Owed)
CONSENT: Final = TypeAdapter(Consent)
NEWS: Final = TypeAdapter(LinkNews)
STANDUP: Final = TypeAdapter(Standup)
MEMORY: Final = TypeAdapter(Memory)
