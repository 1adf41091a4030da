from collections.abc import Iterator

import pytest

from router.media.pool import DecoderPool


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(2) as decoders:
        yield decoders
