"""The key ring: from the settings, or from a file made once in the data directory."""

import os
from pathlib import Path
from typing import Final

import structlog

from bot.store.vault import KeyRing, new_key

KEY_FILE: Final = "secret_keys"

log = structlog.get_logger(__name__)


def key_ring(given: KeyRing | None, data_dir: Path) -> KeyRing:
    """Return the ring of the settings, else the data directory's, made now if there is none.

    Raises KeyRingFaulty or OSError.
    """
    if given is not None:
        return given
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together one makes the key, the other reads it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return KeyRing.parse(path.read_text(encoding="ascii").strip())
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    log.warning(
        "a secret key was made; back it up apart from the database: without it every person must link again",
        file=str(path),
    )
    return KeyRing.parse(path.read_text(encoding="ascii").strip())
