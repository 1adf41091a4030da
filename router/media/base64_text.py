"""Bytes written in letters, as clients write them."""

import base64


def from_base64(text: str) -> bytes:
    """Return the bytes of base64; line breaks, the letters that URLs use and missing padding are taken.

    Raises:
        ValueError: If it is none.
    """
    letters = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
