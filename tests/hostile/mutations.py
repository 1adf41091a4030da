"""Ways to spoil a file or a text, each decided by a random generator alone."""

import random
from collections.abc import Callable

EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 2**63 - 1, 2**64 - 1)
HEAD_BYTES = 512  # where formats keep what they say of themselves

Mutation = Callable[[random.Random, bytes], bytes]


def _place(rng: random.Random, data: bytes) -> int:
    """A place, half of the time within the head."""
    return rng.randrange(min(len(data), HEAD_BYTES) if rng.random() < 0.5 else len(data)) if data else 0


def flip_bits(rng: random.Random, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 32))):
        spoilt[_place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def write_noise(rng: random.Random, data: bytes) -> bytes:
    place, size = _place(rng, data), rng.choice((1, 4, 16, 256))
    return data[:place] + rng.randbytes(size) + data[place + size :]


def write_number(rng: random.Random, data: bytes) -> bytes:
    width = rng.choice((2, 4, 8))
    number = (rng.choice(EXTREMES) & (2 ** (8 * width) - 1)).to_bytes(width, rng.choice(("little", "big")))
    place = _place(rng, data)
    return data[:place] + number + data[place + width :]


def write_zeros(rng: random.Random, data: bytes) -> bytes:
    place, size = _place(rng, data), rng.choice((8, 64, 1_024))
    return data[:place] + bytes(size) + data[place + size :]


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def cut_out(rng: random.Random, data: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + data[place + rng.choice((1, 3, 64, 1_000)) :]


def insert(rng: random.Random, data: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + rng.randbytes(rng.choice((1, 3, 64, 1_000))) + data[place:]


def repeat(rng: random.Random, data: bytes) -> bytes:
    place, size = _place(rng, data), rng.choice((4, 64, 1_000))
    piece = data[place : place + size]
    return data[:place] + piece * rng.choice((2, 3, 50)) + data[place + size :]


def swap(rng: random.Random, data: bytes) -> bytes:
    size = rng.choice((4, 64, 512))
    one, other = sorted((_place(rng, data), _place(rng, data)))
    if one + size > other:
        return data[::-1]
    return (
        data[:one]
        + data[other : other + size]
        + data[one + size : other]
        + data[one : one + size]
        + data[other + size :]
    )


def join(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(1, len(data) + 1)] + data[rng.randrange(len(data)) :]


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits,
    write_noise,
    write_number,
    write_number,
    write_zeros,
    cut,
    cut_out,
    insert,
    repeat,
    swap,
    join,
)


def mutated(seed: object, data: bytes) -> bytes:
    """Return data spoilt in one to three ways; the same seed spoils the same data alike.

    Args:
        seed: Anything whose `repr` says which case it is.
        data: Not empty.
    """
    rng = random.Random(repr(seed))  # repeatable on purpose
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(MUTATIONS)(rng, data) or b"\0"
    return data
