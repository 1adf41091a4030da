"""Arguments of the tasks that make sounds, songs and videos."""

from typing import Any

from llm_planner.offline.arguments.names import sound_to_make, words_to_say
from llm_planner.offline.arguments.scene import (
    Arguments,
    Build,
    Scene,
    audio_of,
    given,
    texts_of,
)
from llm_planner.offline.sources.collected import Source
from llm_planner.offline.sources.references import resolve
from llm_planner.offline.words.language_names import written_language
from llm_planner.offline.words.lists import mentions, words
from llm_planner.offline.words.music import find_melody
from llm_planner.offline.words.times import find_duration


def _tells_of_a_text(clause: str) -> bool:
    return bool(words("pointing") & set(clause.casefold().replace(",", " ").split()))


def _sound(scene: Scene) -> Arguments:
    duration = find_duration(scene.clause)
    text = scene.answers.get("text") or sound_to_make(scene)
    if text:
        return Arguments((given({"text": text, "duration": duration}),), (), (None,))
    found = texts_of(scene) if _tells_of_a_text(scene.clause) else []
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
    lacking = ("image",) if not pictures and mentions("this_picture", scene.whole) else ()
    found = audio_of(scene)
    if not found:
        return Arguments((image,), (*lacking, "audio"), (None,))
    return Arguments(tuple({"audio": s.value, **image} for s in found), lacking, tuple(found))


def _singing(scene: Scene) -> Arguments:
    scores = resolve(scene.clause, scene.masked, scene.sources, "score")
    text = scene.masked.restore(scene.whole)
    lyrics = scene.answers.get("lyrics") or next(iter(scene.masked.quotes_in(scene.whole)), None) or words_to_say(scene)
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
    if lyrics is None and (texts := texts_of(scene)) and _tells_of_a_text(scene.clause):
        source, value = texts[0], texts[0].value
    if len(durations) == 1 and len(notes) > 1:
        durations = durations * len(notes)
    known = {"lyrics": value, "notes": list(notes) or None, "durations": list(durations) or None}
    missing = tuple(name for name, found in known.items() if found is None)
    return Arguments((given({**known, "language": written_language(value)}),), missing, (source,))


def _without(text: str, part: Any) -> str:
    return text.replace(part, " ") if isinstance(part, str) else text


BUILDERS: dict[str, Build] = {
    "text-to-audio": _sound,
    "image-to-audio": _picture_sound,
    "talking-head-synthesis": _talking_head,
    "singing-synthesis": _singing,
}
