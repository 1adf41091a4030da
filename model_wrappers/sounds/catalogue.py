"""The catalogue of recordings and synthesised effects, and finding in it what a text asks for."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from model_wrappers.sounds.opensfx import PATH as OPENSFX_PATH
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder

FRAMES = ("{}", "the sound of {}")  # bare words tell what is no sound, framed ones tell sounds apart
SURE_SIMILARITY = 0.75  # cosine above which a phrase fits without sharing a word with the text
LEAST_SIMILARITY = 0.62  # cosine below which it never fits
PLACE = re.compile(
    r"(?<!\s)\s+(?:on|in|at|by|near|under|over|through|from|for|during|into|around|along|behind|across)\s.*$",
    re.I | re.S,
)
"""Where, when or for whom something sounds, from the first of these words on."""
SAME_ACTION = 0.5  # cosine of two verbs below which they are not the same: whispering is not speaking
ACTION = re.compile(r"[a-z]{3,}ing\b")
NO_ACTIONS = frozenset(
    ("morning", "evening", "string", "spring", "king", "ring", "thing", "nothing", "building", "ceiling")
)
CONTENT_WORD = re.compile(r"[a-z]{3,}")
EMPTY_WORDS = frozenset(
    ("the", "and", "for", "with", "from", "under", "over", "into", "some", "someone", "somebody", "sound", "noise")
)
ENDINGS = ("ing", "ers", "er", "ed", "es", "s", "e")


class SoundFontVoice(BaseModel):
    """A program of a SoundFont, played on one key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    bank: int = Field(ge=0, le=128)
    program: int = Field(ge=0, le=127)
    key: int = Field(default=60, ge=0, le=127, description="MIDI key")


class CatalogueEntry(BaseModel):
    """One sound: what it is, where it comes from and on what terms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    words: tuple[str, ...] = Field(min_length=1, description="Ways to say what is heard")
    package: str = Field(default="", description="Debian package that installs it; none of what is synthesised")
    licence: str = Field(description="SPDX identifier")
    files: tuple[Path, ...] = Field(default=(), description="Recordings; several are takes of one sound")
    opensfx: str | None = Field(default=None, description="Title in the OpenSFX catalogue")
    soundfont: SoundFontVoice | None = None
    synthesis: str | None = Field(default=None, description="Name in `model_wrappers.sounds.synthesis`")
    loop: bool = Field(default=False, description="Whether it may go on without a pause")
    interval_s: float | None = Field(default=None, gt=0, description="Rhythm in which takes follow each other")

    @model_validator(mode="after")
    def _one_place(self) -> "CatalogueEntry":
        places = (self.files, self.opensfx, self.soundfont, self.synthesis)
        if sum(map(bool, places)) != 1:
            raise ValueError(f"entry '{self.id}' needs exactly one of files, opensfx, soundfont and synthesis")
        return self

    @property
    def credit(self) -> str:
        """What a response says of the source."""
        origin = f"Debian package {self.package}" if self.package else "synthesised"
        return f"{self.words[0]} ({self.id}, {origin}, {self.licence})"

    def is_installed(self) -> bool:
        """Tell whether the files are on this machine."""
        if self.opensfx is not None:
            return OPENSFX_PATH.is_file()
        return all(path.is_file() for path in ((self.soundfont.file,) if self.soundfont else self.files))


@lru_cache(maxsize=1)
def load_catalogue() -> tuple[CatalogueEntry, ...]:
    """Return every entry of the catalogue, installed or not."""
    text = resources.files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8")
    return tuple(CatalogueEntry.model_validate(entry) for entry in json.loads(text))


class CatalogueSearch:
    """Find the entry whose words mean what a text says.

    Nearness of meaning alone calls something near every text; so a hit must be very near, or near and share a word
    and not do something else.
    """

    def __init__(self, entries: Sequence[CatalogueEntry], embedder: SentenceEmbedder) -> None:
        """Embed the words of the entries."""
        phrases = [(entry, phrase) for entry in entries for phrase in entry.words]
        self._entries = [entry for entry, _ in phrases]
        self._phrases = [phrase for _, phrase in phrases]
        self._embedder = embedder
        self._vectors = [embedder.embed([frame.format(phrase) for phrase in self._phrases]) for frame in FRAMES]

    def find(self, text: str) -> CatalogueEntry | None:
        """Return the entry that fits best, or None if none fits."""
        ranked = self.rank(text)
        return ranked[0][0] if ranked else None

    def rank(self, text: str, count: int = 5) -> list[tuple[CatalogueEntry, float]]:
        """Return the fitting entries with their similarities, best first."""
        similarity = self.similarities(text)
        fits: dict[str, tuple[CatalogueEntry, float]] = {}
        for index in np.argsort(-similarity, kind="stable"):
            near = float(similarity[index])
            if near < LEAST_SIMILARITY:
                break
            if near >= SURE_SIMILARITY or self._is_kin(text, self._phrases[index]):
                fits.setdefault(self._entries[index].id, (self._entries[index], near))
        return list(fits.values())[:count]

    def _is_kin(self, text: str, phrase: str) -> bool:
        """Tell whether a text and a phrase share a thing, and what it does where both say so."""
        if not stems(PLACE.sub("", text)) & stems(phrase):
            return False
        done, other = _actions(text), _actions(phrase)
        if not done or not other or {_stem(word) for word in done} & {_stem(word) for word in other}:
            return True
        return float((self._embedder.embed(done) @ self._embedder.embed(other).T).max()) >= SAME_ACTION

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """Return the phrases nearest to a text, fitting or not."""
        return [self._phrases[index] for index in np.argsort(-self.similarities(text), kind="stable")[:count]]

    def similarities(self, text: str) -> np.ndarray:
        """Return the mean cosine of each phrase in both frames, shape `(phrases,)`."""
        words = text.strip().rstrip(".!?").lower()
        cosines = [
            vectors @ self._embedder.embed([frame.format(words)])[0]
            for frame, vectors in zip(FRAMES, self._vectors, strict=True)
        ]
        return np.asarray(np.mean(cosines, axis=0))


def stems(text: str) -> set[str]:
    """Return the content words of a text without their endings, those in -ing left out if there are others.

    What howls matters more than that it howls.
    """
    words = [word for word in CONTENT_WORD.findall(text.lower()) if word not in EMPTY_WORDS]
    things = [word for word in words if not word.endswith("ing")]
    return {_stem(word) for word in things or words}


def _actions(text: str) -> list[str]:
    return [word for word in ACTION.findall(text.lower()) if word not in NO_ACTIONS]


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
