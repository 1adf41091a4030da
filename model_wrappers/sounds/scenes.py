"""From a description to sounds that follow each other and sound together."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from model_wrappers.sounds.arrangement import Waveform, fade, layer, level, render_entry
from model_wrappers.sounds.catalogue import PLACE, SURE_SIMILARITY, CatalogueEntry, CatalogueSearch
from model_wrappers.sounds.composer import DEFAULT_DURATION_S, compose
from model_wrappers.sounds.music_styles import Style, read_style, wants_music
from model_wrappers.sounds.soundfont import GM_FONT, SAMPLE_RATE

MAX_SOUNDS = 8
SHORTEST_PART_S = 0.2  # of a scene, however many share the duration
BACKGROUND_DB = -10.0
PAUSE_S = 0.3  # between scenes
SEQUENCE = re.compile(r"(?<!\s)\s*+(?:,?+\s*+\b(?:and )?then\b|,?+\s*+\bfollowed by\b|;)\s*", re.IGNORECASE)
TOGETHER = re.compile(r"(?<!\s)\s*+(?:,(?:\s*+(?:and|with|while)\b)?|\b(?:and|with|while|as)\b)\s*", re.IGNORECASE)
BACKGROUND = re.compile(
    r"\b(quietly )?(in|from) the (back ?ground|distance)\b|\bin background\b|\bfar away\b", re.IGNORECASE
)
PREAMBLE = re.compile(
    r"^\s*(please )?((generate|create|make|play|produce|give me) )?((a|an|the|some) )?"
    r"((sounds?|noises?) (effects? )?of )?",
    re.IGNORECASE,
)


MANNER = re.compile(
    r"\b(?:very|really|loud(?:ly)?|quiet(?:ly)?|soft(?:ly)?|gentl[ey]|heavy|heavily|big|huge|small|tiny|old|distant|"
    r"lonely|sad|happy|angry|content(?:ed)?(?:ly)?|sudden(?:ly)?|slow(?:ly)?|fast|quick(?:ly)?|busy)\b ?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layer:
    """One sound of a scene: a catalogue entry, or music in a style."""

    words: str
    content: CatalogueEntry | Style
    similarity: float
    gain_db: float = 0.0
    left_out: str = ""
    """What the text says of the sound and the sound does not have."""

    @property
    def source(self) -> str:
        """What is credited."""
        if isinstance(self.content, CatalogueEntry):
            return self.content.credit
        return f"music composed for this request, played with {GM_FONT.name} (Debian package fluid-soundfont-gm, MIT)"


Scene = tuple[Layer, ...]


class SceneMaker:
    """Understand descriptions and make their sounds."""

    def __init__(self, search: CatalogueSearch) -> None:
        """Look sounds up with `search`."""
        self._search = search

    def plan(self, text: str) -> tuple[Scene, ...]:
        """Return the scenes of a description, in order of time.

        Raises:
            InvalidInput: If nothing fits a part of it, or it names too many sounds.
        """
        parts = [part for part in SEQUENCE.split(text) if part.strip()]
        scenes = tuple(self._understand(part) for part in parts)
        count = sum(len(scene) for scene in scenes)
        if not 1 <= count <= MAX_SOUNDS:
            raise InvalidInput(
                f"The text names {count} sounds; 1 to {MAX_SOUNDS} can be mixed. Split it.", param="text"
            )
        return scenes

    def render(
        self,
        scenes: Sequence[Scene],
        duration_s: float | None,
        seed: int,
        report: Callable[[float], None] = lambda fraction: None,
    ) -> Audio:
        """Make the sound of scenes.

        Args:
            scenes: What `plan` returned.
            duration_s: Seconds of the whole; each sound's own length if None.
            seed: Decides takes, pauses and melodies.
            report: Told how far the work is; may raise to stop it.
        """
        pause_s = PAUSE_S * (len(scenes) - 1)
        each_s = None if duration_s is None else max(SHORTEST_PART_S, (duration_s - pause_s) / len(scenes))
        parts: list[Waveform] = []
        for index, scene in enumerate(scenes):
            report(index / len(scenes))
            if parts:
                parts.append(np.zeros((2, round(PAUSE_S * SAMPLE_RATE)), np.float32))
            parts.append(_render_scene(scene, each_s, seed + index))
        waveform = np.concatenate(parts, axis=1)
        if duration_s is not None:
            samples = round(duration_s * SAMPLE_RATE)
            waveform = np.pad(waveform[:, :samples], ((0, 0), (0, max(0, samples - waveform.shape[1]))))
        return Audio(np.ascontiguousarray(waveform), SAMPLE_RATE, licence=licence_of(scenes))

    def _understand(self, text: str) -> Scene:
        """Take a text whole, or as the sounds it joins where these fit better than the whole."""
        whole = self._find(text)
        pieces = [piece for piece in TOGETHER.split(text) if PREAMBLE.sub("", piece).strip()]
        found = [self._find(piece) for piece in pieces]
        layers = tuple(layer for layer in found if layer is not None)
        complete = len(layers) == len(pieces) and len({layer.content for layer in layers}) > 1
        if complete and (whole is None or np.mean([layer.similarity for layer in layers]) > whole.similarity):
            return layers
        if whole is not None and (len(pieces) < 2 or complete or whole.similarity >= SURE_SIMILARITY):
            return (whole,)
        missing = (
            text
            if len(pieces) < 2
            else next((piece for piece, layer in zip(pieces, found, strict=True) if layer is None), text)
        )
        raise InvalidInput(
            f"No sound for '{missing.strip()}' is in the catalogue; the nearest are: "
            f"{', '.join(self._search.nearest(missing))}. Name another sound, or ask for music by mood, style or "
            "instrument.",
            param="text",
        )

    def _find(self, text: str) -> Layer | None:
        gain_db = BACKGROUND_DB if BACKGROUND.search(text) else 0.0
        words = PREAMBLE.sub("", BACKGROUND.sub("", text)).strip(" .!?")
        if wants_music(text):
            return Layer(words, read_style(text), 1.0, gain_db)
        for shorter in _shortened(words):
            if ranked := self._search.rank(shorter, 1):
                entry, similarity = ranked[0]
                return Layer(words, entry, similarity, gain_db, _missing(words, shorter))
        return None


def _shortened(words: str) -> list[str]:
    """Return a text as it is, then without where, then without how: the nearest is better than nothing."""
    bare = PLACE.sub("", words)
    return [text for text in dict.fromkeys([words, bare, MANNER.sub("", bare).strip()]) if text]


def _missing(words: str, found: str) -> str:
    """Return the words of a text that are not in what was found, in their order."""
    return " ".join(word for word in words.split() if word not in found.split())


def licence_of(scenes: Sequence[Scene]) -> str:
    """Return an SPDX expression that covers every sound used."""
    licences = {
        layer.content.licence if isinstance(layer.content, CatalogueEntry) else "MIT"
        for scene in scenes
        for layer in scene
    }
    return " AND ".join(sorted(licences))


def _render_scene(scene: Scene, duration_s: float | None, seed: int) -> Waveform:
    sounds = [(_render_layer(part, duration_s, seed), part) for part in scene]
    longest_s = max(sound.shape[1] for sound, _ in sounds) / SAMPLE_RATE
    if duration_s is None and len(scene) > 1:
        sounds = [(_render_layer(part, longest_s, seed), part) for part in scene]
    return layer([(sound, part.gain_db) for sound, part in sounds])


def _render_layer(part: Layer, duration_s: float | None, seed: int) -> Waveform:
    if isinstance(part.content, Style):
        return fade(level(compose(part.content, duration_s or DEFAULT_DURATION_S, seed).render()))
    if not part.content.is_installed():
        raise ModelUnavailable(
            f"The recording of '{part.content.words[0]}' is not installed; install the Debian package "
            f"{part.content.package}."
        )
    return render_entry(part.content, duration_s, np.random.default_rng(seed))
