"""Keys as text, `agpt_<id>_<secret>_<checksum>`, and what is kept of them: enough to know one again, not to make it."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

ALPHABET = string.digits + string.ascii_letters
ID_CHARACTERS = 12
SECRET_CHARACTERS = 43  # 256 bits
CHECKSUM_CHARACTERS = 6  # of CRC-32, so that a typing error is told from a wrong key, and scanners know a key when seen
KEY = re.compile(r"agpt_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})")


@dataclass(frozen=True)
class Key:
    """A key while it is in somebody's hands; its secret is in no representation."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> "Key":
        """Return a key nobody has seen."""
        return cls(_random(ID_CHARACTERS), _random(SECRET_CHARACTERS))

    @classmethod
    def read(cls, text: str) -> "Key | None":
        """Return the key that a text is, None if it is none."""
        found = KEY.fullmatch(text)
        if found is None:
            return None
        key = cls(found[1], found[2])
        return key if key.text == text else None

    @property
    def text(self) -> str:
        """The key as its owner keeps it."""
        head = f"agpt_{self.id}_{self.secret}"
        return f"{head}_{_checksum(head)}"

    def digest(self, pepper: bytes) -> str:
        """Return what is stored: worth nothing without the pepper, which lies elsewhere."""
        return hmac.new(pepper, self.secret.encode(), hashlib.sha256).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    value, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        value, digit = divmod(value, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
