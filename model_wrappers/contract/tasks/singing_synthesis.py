"""Singing synthesis: lyrics on given notes."""

from typing import Self

from pydantic import Field, model_validator

from model_wrappers.contract.languages import LanguageCode
from model_wrappers.contract.media import AudioField, ScoreField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class SingingSynthesisRequest(TaskRequest):
    """Lyrics with notes and durations, or a score file."""

    lyrics: str | None = Field(
        default=None, min_length=1, max_length=5_000, description="Words to sing; AP is a breath"
    )
    notes: tuple[str, ...] = Field(
        default=(), max_length=2_000, description="Pitches such as C#4/Db4, one per syllable or more; rest is silence"
    )
    durations: tuple[float, ...] = Field(default=(), max_length=2_000, description="Seconds, one per note")
    score: ScoreField | None = Field(default=None, description="MusicXML or MIDI file instead of notes and durations")
    language: LanguageCode = Field(default="en", description="Language of the lyrics (ISO 639-1)")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.score is None and not (self.lyrics and self.notes and self.durations):
            raise ValueError("give 'lyrics', 'notes' and 'durations', or a 'score'")
        if len(self.notes) != len(self.durations):
            raise ValueError(f"{len(self.notes)} notes but {len(self.durations)} durations; give one duration per note")
        return self


class SingingSynthesisResponse(TaskResponse):
    """The song, sung without accompaniment."""

    audio: AudioField


TASK = Task(
    id="singing-synthesis",
    family="music",
    summary="Sing given lyrics on given notes and durations, or from a MusicXML or MIDI score.",
    request=SingingSynthesisRequest,
    response=SingingSynthesisResponse,
    primary_output="audio",
    examples=(
        Example(
            'Sing "small rain" on E4 and G4, half a second each',
            {"lyrics": "small rain", "notes": ["E4", "G4"], "durations": [0.5, 0.5]},
        ),
    ),
)
