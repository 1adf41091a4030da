"""Media that are neither sound nor picture: scores and posteriorgrams."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.errors import UnsupportedMedia

MIDI_MAGIC = b"MThd"
CANONICAL_MAGIC = b'{"notes": ['
CANONICAL_SCORE = "application/vnd.audiogpt.score+json"
SCORE_TAGS = (b"<score-partwise", b"<score-timewise")
HEAD_BYTES = 8_192  # of an XML file, in which its root must begin


@dataclass(frozen=True)
class Score:
    """A MusicXML or standard MIDI file, or its canonical form; the singing models read the notes out of it."""

    data: bytes
    media_type: str
    kind: ClassVar[Kind] = "score"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Tell MIDI from MusicXML by content.

        Raises:
            UnsupportedMedia: If the bytes are neither.
        """
        if is_score(data):
            midi = data.startswith(MIDI_MAGIC)
            return cls(data, "audio/midi" if midi else "application/vnd.recordare.musicxml+xml")
        if data.startswith(CANONICAL_MAGIC):
            return cls(data, CANONICAL_SCORE)
        raise UnsupportedMedia(f"The {len(data):,} bytes are not a score; send a standard MIDI or a MusicXML file.")

    def encode(self) -> tuple[bytes, str]:
        """Return the bytes as they are and their MIME type."""
        return self.data, self.media_type

    def properties(self) -> dict[str, Any]:
        """Return nothing: a score has no measures of its own."""
        return {}


def is_score(data: bytes) -> bool:
    """Tell whether a file from outside is MIDI or MusicXML, in whatever encoding."""
    head = data[:HEAD_BYTES].replace(b"\0", b"")
    return data.startswith(MIDI_MAGIC) or any(tag in head for tag in SCORE_TAGS)


@dataclass(frozen=True, eq=False)
class Posteriorgram:
    """Class probabilities over time.

    `probabilities` has shape `(frames, classes)`, `labels` names the classes, frame `k` begins at `k * hop_s` seconds.
    """

    probabilities: NDArray[np.float32]
    labels: tuple[str, ...]
    hop_s: float
    kind: ClassVar[Kind] = "data"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what `encode` wrote.

        Raises:
            UnsupportedMedia: If the bytes are no posteriorgram.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                return cls(stored["probabilities"], tuple(stored["labels"].tolist()), float(stored["hop_s"]))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as exc:
            raise UnsupportedMedia(f"The {len(data):,} bytes are not a posteriorgram written by this server.") from exc

    def encode(self) -> tuple[bytes, str]:
        """Return a compressed NumPy archive and its MIME type."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, probabilities=self.probabilities, labels=np.array(self.labels), hop_s=np.array(self.hop_s)
        )
        return buffer.getvalue(), "application/x-npz"

    def properties(self) -> dict[str, Any]:
        """Return the duration in seconds."""
        return {"duration_s": self.probabilities.shape[0] * self.hop_s}
