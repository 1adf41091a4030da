"""Arguments of the tasks that speak or translate."""

from collections.abc import Mapping, Sequence
from typing import Any

from llm_planner.offline.arguments.manners import find_speed
from llm_planner.offline.arguments.names import words_to_say
from llm_planner.offline.arguments.scene import Arguments, Build, Scene, audio_of, given, points_back, texts_of
from llm_planner.offline.sources.collected import Source
from llm_planner.offline.sources.references import named, resolve
from llm_planner.offline.words.language_names import (
    Languages,
    find_languages,
    find_targets,
    without_languages,
    written_language,
)
from llm_planner.offline.words.lists import mentions, phrases


def _translation(scene: Scene) -> Arguments:
    languages = find_languages(scene.clause)
    if languages.target is None and scene.context:
        languages = find_languages(scene.whole)
    elif languages.source is None and scene.context:
        languages = Languages(languages.target, find_languages(scene.context).source)
    target = scene.answers.get("target_language") or languages.target
    targets = (target,) if "target_language" in scene.answers else find_targets(scene.clause) or (target,)
    spoken = mentions("spoken", without_languages(phrases("spoken", "written").sub("", scene.clause))) or None
    source = languages.source if languages.source != target else None
    extra = {"target_language": target, "source_language": source}
    missing = () if target else ("target_language",)
    found = _to_translate(scene)
    if isinstance(found, str):
        return Arguments(
            _each_language({"text": found, "speak": spoken, **extra}, targets), missing, (None,) * len(targets)
        )
    if not found:
        return Arguments((given(extra),), ("audio", *missing), (None,))
    variants = tuple(v for s in found for v in _each_language({s.kind: s.value, "speak": spoken, **extra}, targets))
    return Arguments(variants, missing, tuple(s for s in found for _ in targets))


def is_said(text: str) -> bool:
    """Tell whether a request talks of a translation at all: of translating, or of a language to have it in."""
    return mentions("translating", text) or bool(find_languages(text).target)


def _each_language(arguments: Mapping[str, Any], targets: Sequence[str | None]) -> tuple[dict[str, Any], ...]:
    """Return the arguments once for every language asked for."""
    return tuple(given({**arguments, "target_language": target}) for target in targets)


def _to_translate(scene: Scene) -> str | list[Source]:
    """Return the words to translate, or the audios or texts that hold them."""
    if quotes := scene.masked.quotes_in(scene.clause):
        return quotes[0]
    if not scene.sources.of_kind("audio", "text"):
        return next(iter(scene.masked.quotes), None) or words_to_say(scene) or []
    if pointed := named(scene.clause, scene.masked, scene.sources, "audio", "text"):
        return pointed
    here = [s for s in scene.sources.of_kind("audio", "text") if s.origin != "earlier"]
    latest = (here or scene.sources.of_kind("audio", "text"))[-1]
    return resolve(scene.clause, scene.masked, scene.sources, "text") if latest.kind == "text" else audio_of(scene)


def _speech(scene: Scene) -> Arguments:
    said = scene.answers.get("text") or words_to_say(scene)
    text, speed = _with_pace(said, scene)
    text = text or next(iter(scene.masked.quotes_in(scene.context)), None)
    found = [] if text else texts_of(scene)
    text = text or (None if found else next(iter(scene.masked.quotes), None))
    if text:
        return Arguments((given({"text": text, "language": written_language(text), "speed": speed}),), (), (None,))
    if not found:
        return Arguments((given({"speed": speed}),), ("text",), (None,))
    return Arguments(
        tuple(given({"text": s.value, "language": s.language, "speed": speed}) for s in found), (), tuple(found)
    )


def _with_pace(text: str | None, scene: Scene) -> tuple[str | None, float | None]:
    """Return the words to say and how fast: "say dinner is ready, twice as fast" has the pace at their end."""
    if text and text not in scene.masked.quotes and (pace := find_speed(text)) and text.endswith(pace[1]):
        bare = text.removesuffix(pace[1]).rstrip(" ,")
        return bare.removesuffix(" at").removesuffix(" very").rstrip(" ,"), pace[0]
    pace = find_speed(scene.whole.replace(text, "") if text else scene.whole)
    return text, pace and pace[0]


def _style(scene: Scene) -> Arguments:
    quotes = scene.masked.quotes_in(scene.whole)
    text = scene.answers.get("text") or (quotes[0] if quotes else words_to_say(scene))
    audios = scene.sources.of_kind("audio")
    uploads = scene.sources.attachments("audio") or [s for s in audios if s.task is None]
    if text is None and len(uploads) > 1:
        return _voice_conversion(scene, uploads)
    newest = [version for upload in uploads[:1] for version in scene.sources.newest_of(upload)]
    voices = [*named(scene.clause, scene.masked, scene.sources, "audio"), *newest, *audios[::-1]]
    missing: tuple[str, ...] = () if voices else ("reference",)
    known: dict[str, Any] = {"reference": voices[0].value} if voices else {}
    if text:
        return Arguments(({"text": text, **known},), missing, (None,))
    made = scene.sources.steps("audio")
    last = next((s for s in reversed(scene.sources.items) if s.origin == "step"), None)
    texts = texts_of(scene)
    if texts and not (last and last.kind == "audio" and uploads):
        return Arguments(tuple({"text": s.value, **known} for s in texts), missing, tuple(texts))
    if not made and not texts and points_back(scene.clause):
        made = [source for source in audios if source.task is not None]
    if made and uploads:
        return Arguments(({"audio": made[-1].value, "reference": uploads[0].value},), (), (made[-1],))
    return Arguments((known,), (*missing, "text"), (None,))


def _voice_conversion(scene: Scene, uploads: list[Source]) -> Arguments:
    """Tell whose words from whose voice: "make the first recording sound like the person in the second one"."""
    *_, voice = phrases("voice_of").split(scene.clause)
    pointed = named(voice, scene.masked, scene.sources, "audio") if voice != scene.clause else []
    reference = pointed[0] if pointed and pointed[0] in uploads else uploads[1]
    upload = next(s for s in uploads if s is not reference)
    content = [s for s in scene.sources.of_kind("audio") if s.root == upload.root][-1]
    if texts := scene.sources.steps("text"):
        return Arguments(({"text": texts[-1].value, "reference": reference.value},), (), (texts[-1],))
    return Arguments(({"audio": content.value, "reference": reference.value},), (), (content,))


BUILDERS: dict[str, Build] = {
    "speech-translation": _translation,
    "style-transfer": _style,
    "text-to-speech": _speech,
}
