"""The key ring: from the settings, or from a file made once in the data directory."""

import os
import tempfile
from pathlib import Path
from typing import Final

import structlog

from bot.store.vault import KeyRing, KeyRingFaulty, new_key

KEY_FILE: Final = "secret_keys"

log = structlog.get_logger(__name__)


def ring_at_hand(given: KeyRing | None, data_dir: Path) -> KeyRing | None:
    """Return the ring of the settings, else the data directory's; None if there is none. Makes nothing.

    Raises KeyRingFaulty or OSError.
    """
    path = data_dir / KEY_FILE
    return given or (_read(path) if path.exists() else None)


def key_ring(given: KeyRing | None, data_dir: Path) -> KeyRing:
    """Return the ring of the settings, else the data directory's, made now if there is none.

    Raises KeyRingFaulty or OSError.
    """
    if (there := ring_at_hand(given, data_dir)) is not None:
        return there
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=data_dir, prefix=f".{KEY_FILE}-") as file:
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
        try:
            # Of two processes that start together one makes the key; the other never reads half of it.
            path.hardlink_to(file.name)
        except FileExistsError:
            return _read(path)
    log.warning(
        "a secret key was made; back it up apart from the database: without it every person must link again",
        file=str(path),
    )
    return _read(path)


def _read(path: Path) -> KeyRing:
    try:
        return KeyRing.parse(path.read_text(encoding="ascii", errors="replace").strip())
    except KeyRingFaulty as error:
        raise KeyRingFaulty(f"{path.name} in the data directory: {error}") from None
