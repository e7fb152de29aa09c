"""Sealing secrets: AES-256-GCM, bound to the row they stand in.

A sealed secret is `key id length (1 byte) | key id | nonce (12 bytes) | ciphertext and tag`. The associated
data is the row's identity, so a ciphertext copied to another row, column, person or workspace does not open.
"""

import base64
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.domain.errors import SealBroken
from bot.domain.secret import Secret

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class KeyRingFaulty(ValueError):
    """A key ring's text is wrong; the message names the entry by its place, never by its content."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id, in order: the first seals, all open."""

    keys: dict[str, AESGCM] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `id:base64,id:base64`; raises KeyRingFaulty."""
        keys: dict[str, AESGCM] = {}
        for place, entry in enumerate(text.split(","), start=1):
            key_id, colon, encoded = entry.strip().partition(":")
            if not colon or not KEY_ID.fullmatch(key_id):
                raise KeyRingFaulty(f"key {place} is not id:base64 (id: letters, digits, - and _)")
            if key_id in keys:
                raise KeyRingFaulty(f"key {place} has the id of an earlier one")
            try:
                raw = base64.b64decode(encoded, validate=True)
            except ValueError:  # binascii.Error is one
                raise KeyRingFaulty(f"key {place} is not base64") from None
            if len(raw) != KEY_BYTES:
                raise KeyRingFaulty(f"key {place} is {len(raw)} bytes long, not {KEY_BYTES}")
            keys[key_id] = AESGCM(raw)
        return cls(keys)

    @property
    def sealing_id(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))


def new_key() -> str:
    """Return a fresh `id:base64` entry for a key ring."""
    return f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def seal(ring: KeyRing, secret: Secret, *place: str) -> bytes:
    """Seal a secret for the place it will stand in: table, column and the row's key."""
    key_id = ring.sealing_id.encode()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = ring.keys[ring.sealing_id].encrypt(nonce, secret.reveal().encode(), _identity(place))
    return bytes([len(key_id)]) + key_id + nonce + sealed


def unseal(ring: KeyRing, sealed: bytes, *place: str) -> Secret:
    """Open what was sealed for this very place; raises SealBroken."""
    key = ring.keys.get(key_id_of(sealed))
    end = 1 + (sealed[0] if sealed else 0)
    nonce, rest = sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :]
    if key is None or len(nonce) != _NONCE_BYTES:
        raise SealBroken
    try:
        return Secret(key.decrypt(nonce, rest, _identity(place)).decode())
    except InvalidTag:
        raise SealBroken from None


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that sealed this, as it stands in front; nobody has checked it yet."""
    return sealed[1 : 1 + sealed[0]].decode("ascii", errors="replace") if sealed else ""


def _identity(place: Iterable[str]) -> bytes:
    """Join the parts so that no two places give the same bytes."""
    return b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in place)
