"""Arguments of the tasks that make sounds, songs and videos."""

import re
from typing import Any

from llm_planner.offline.arguments.contents import sound_description, spoken_text
from llm_planner.offline.arguments.scene import (
    TEXT_POINTER,
    Arguments,
    Build,
    Scene,
    audio_of,
    given,
    sound_of,
    texts_of,
)
from llm_planner.offline.sources.collected import Source
from llm_planner.offline.sources.references import named, resolve
from llm_planner.offline.words.language_names import written_language
from llm_planner.offline.words.music import find_melody
from llm_planner.offline.words.times import find_duration
from llm_planner.plans.plan import FromArtifact, FromStep

_WRITTEN = re.compile(
    r"\b(?:the|that|this|its|your|my)\s+(?:(?!spoken|voiced|sung|read)\w+\s+)?(?:text|sentence|lines?|words|summary|"
    r"captions?|translation|"
    r"transcripts?|"
    r"transcription|description)\b",
    re.IGNORECASE,
)


_THIS_PICTURE = re.compile(
    r"\b(?:this|that|the|my|our|his|her|attached|enclosed|uploaded)\s+(?:\w+\s+){0,2}?"
    r"(?:picture|photo\w*|image|portrait|drawing|painting|selfie|still|face)\b",
    re.IGNORECASE,
)
"""A picture that is talked of, so that a default face would be another one."""


def _sound(scene: Scene) -> Arguments:
    duration = find_duration(scene.clause)
    text = scene.answers.get("text") or sound_of(scene, sound_description)
    texts = scene.sources.steps("text")
    if not text and not texts and scene.context:
        text = sound_description(scene.context, scene.masked)
    if text:
        return Arguments((given({"text": text, "duration": duration}),), (), (None,))
    found = texts_of(scene) if TEXT_POINTER.search(scene.clause) else []
    if not found:
        return Arguments((given({"duration": duration}),), ("text",), (None,))
    return Arguments(tuple(given({"text": s.value, "duration": duration}) for s in found), (), tuple(found))


def _picture_sound(scene: Scene) -> Arguments:
    found = resolve(scene.clause, scene.masked, scene.sources, "image")
    extra = given({"duration": find_duration(scene.clause)})
    if not found:
        return Arguments((extra,), ("image",), (None,))
    return Arguments(tuple({"image": s.value, **extra} for s in found), (), tuple(found))


def _talking_head(scene: Scene) -> Arguments:
    pictures = resolve(scene.clause, scene.masked, scene.sources, "image")
    image = {"image": pictures[0].value} if pictures else {}
    lacking = ("image",) if not pictures and _THIS_PICTURE.search(scene.whole) else ()
    found = audio_of(scene)
    if not found:
        return Arguments((image,), (*lacking, "audio"), (None,))
    return Arguments(tuple({"audio": s.value, **image} for s in found), lacking, tuple(found))


def text_for_face(scene: Scene) -> str | FromStep | FromArtifact | None:
    """Return the text a face is to say where no audio of it exists yet, so that it has to be spoken first."""
    text = spoken_text(scene.clause, scene.masked)
    if text is not None:
        return text
    texts, audios = scene.sources.steps("text"), scene.sources.of_kind("audio")
    if texts and _WRITTEN.search(scene.clause):
        return (named(scene.clause, scene.masked, scene.sources, "text") or texts[-1:])[0].value
    if not texts or named(scene.clause, scene.masked, scene.sources, "audio"):
        return None
    latest = [source for source in scene.sources.items if source.origin == "step"][-1]
    reads = re.search(r"\bread(?:s|ing)?\b", scene.clause, re.IGNORECASE)
    if latest.kind == "text" and (latest.task == "speech-translation" or not audios or reads):
        return latest.value
    return None


def _singing(scene: Scene) -> Arguments:
    scores = resolve(scene.clause, scene.masked, scene.sources, "score")
    text = scene.masked.restore(scene.whole)
    lyrics = (
        scene.answers.get("lyrics")
        or next(iter(scene.masked.quotes_in(scene.whole)), None)
        or _first_sentence(spoken_text(scene.clause, scene.masked))
    )
    melody = find_melody(_without(text, lyrics))
    notes = scene.answers.get("notes") or melody.notes
    durations = scene.answers.get("durations") or melody.durations
    if scores and not notes:
        return Arguments(
            (given({"score": scores[0].value, "lyrics": lyrics, "language": written_language(lyrics)}),),
            (),
            (scores[0],),
        )
    source: Source | None = None
    value: Any = lyrics
    if lyrics is None and (texts := texts_of(scene)) and TEXT_POINTER.search(scene.clause):
        source, value = texts[0], texts[0].value
    if len(durations) == 1 and len(notes) > 1:
        durations = durations * len(notes)
    known = {"lyrics": value, "notes": list(notes) or None, "durations": list(durations) or None}
    missing = tuple(name for name, found in known.items() if found is None)
    return Arguments((given({**known, "language": written_language(value)}),), missing, (source,))


def _first_sentence(text: str | None) -> str | None:
    """Return the words before the notes that a melody is told in."""
    return re.split(r"[.;:](?:\s|$)", text)[0] if text else None


def _without(text: str, part: Any) -> str:
    return text.replace(part, " ") if isinstance(part, str) else text


BUILDERS: dict[str, Build] = {
    "text-to-audio": _sound,
    "image-to-audio": _picture_sound,
    "talking-head-synthesis": _talking_head,
    "singing-synthesis": _singing,
}
