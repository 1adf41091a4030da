"""Long JSON that seldom changes, packed for who takes it so."""

import gzip
from functools import lru_cache
from typing import Annotated

from fastapi import Header
from fastapi.responses import Response

AcceptEncoding = Annotated[str, Header(alias="Accept-Encoding", include_in_schema=False)]


def packed_json(data: bytes, accepted: str) -> Response:
    """Return JSON as an answer, in gzip where the caller takes that."""
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" not in accepted:
        return Response(data, headers=headers, media_type="application/json")
    return Response(_packed(data), headers={**headers, "Content-Encoding": "gzip"}, media_type="application/json")


@lru_cache(maxsize=8)
def _packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
