"""Arguments of the tasks that speak or translate."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llm_planner.offline.arguments.contents import is_reference, spoken_text
from llm_planner.offline.arguments.manners import find_speed
from llm_planner.offline.arguments.scene import (
    PRONOUN,
    Arguments,
    Build,
    Scene,
    audio_of,
    given,
    texts_of,
)
from llm_planner.offline.sources.collected import Source
from llm_planner.offline.sources.references import named, resolve
from llm_planner.offline.words.language_names import Languages, find_languages, find_targets, written_language

SPOKEN = re.compile(
    r"\b(?:speech to speech|(?:to|into|as|in) (?:\w+ )?(?:speech|voice|audio)|spoken|aloud|out loud|dub\w*|revoice|"
    r"voice-?over|(?:audio|spoken|voiced) (?:version|file|copy|recording)|(?:hear|listen to) (?:it|this|that|him|her|"
    r"them|the \w+)|speech-to-speech)\b"
    r"|\bto (?:\w+ )?speech\b",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"\b(?:say|says|express|put|translate|pronounce|is|word)\s+(?:the (?:word|phrase|"
    r"sentence)\s+)?(?P<phrase>(?!it\b|that\b|this\b|in\b|said\b|being\b)[^,?]+?)\s+(?:in|into|to)\s+\w+[\s.?!]*$",
    re.IGNORECASE,
)


def _translation(scene: Scene) -> Arguments:
    languages = find_languages(scene.clause)
    if languages.target is None and scene.context:
        languages = find_languages(scene.whole)
    elif languages.source is None and scene.context:
        languages = Languages(languages.target, find_languages(scene.context).source)
    target = scene.answers.get("target_language") or languages.target
    targets = (target,) if "target_language" in scene.answers else find_targets(scene.clause) or (target,)
    spoken = bool(SPOKEN.search(re.sub(r"\b(?:spoken (?:words|text)|what is spoken)\b", "", scene.clause)))
    extra = {"target_language": target, "source_language": languages.source if languages.source != target else None}
    missing = () if target else ("target_language",)
    text = _text_to_translate(scene)
    if isinstance(text, str):
        return Arguments(
            _each_language({"text": text, "speak": spoken or None, **extra}, targets), missing, (None,) * len(targets)
        )
    found = text or audio_of(scene)
    if not found:
        return Arguments((given(extra),), ("audio", *missing), (None,))
    field_of = {"audio": "audio", "text": "text"}
    variants = tuple(
        variant
        for s in found
        for variant in _each_language({field_of[s.kind]: s.value, "speak": spoken or None, **extra}, targets)
    )
    return Arguments(variants, missing, tuple(s for s in found for _ in targets))


def task_of_words(task: str, scene: Scene) -> str:
    """Return recognition for what seems a translation: "transcribe this German talk" names what is spoken."""
    languages = find_languages(scene.whole)
    spoken = task == "speech-translation" and _TRANSCRIBES.search(scene.clause) and not _TRANSLATES.search(scene.whole)
    return "speech-recognition" if spoken and languages.source and not languages.target else task


_TRANSCRIBES = re.compile(
    r"\b(?:transcri\w+|(?:write|type|note|jot|put) (?:\w+ ){0,3}(?:down|out|up)|in writing)\b", re.IGNORECASE
)
_TRANSLATES = re.compile(r"\btranslat\w+\b", re.IGNORECASE)


def _each_language(arguments: Mapping[str, Any], targets: Sequence[str | None]) -> tuple[dict[str, Any], ...]:
    """Return the arguments once for every language asked for."""
    return tuple(given({**arguments, "target_language": target}) for target in targets)


def _text_to_translate(scene: Scene) -> str | list[Source] | None:
    if quotes := scene.masked.quotes_in(scene.clause):
        return quotes[0]
    if not scene.sources.of_kind("audio", "text") and scene.masked.quotes:
        return scene.masked.quotes[0]
    if not scene.sources.of_kind("audio", "text") and (match := _PHRASE.search(scene.clause)):
        return None if is_reference(match["phrase"]) else match["phrase"]
    if re.search(r"\b(?:speech|audio|recording|voice|speaker|clip|speaks?|says?)\b", scene.clause) and not re.search(
        r"\b(?:transcri\w+|text)\b", scene.clause
    ):
        pointed = named(scene.clause, scene.masked, scene.sources, "audio")
        if pointed or not scene.sources.steps("text"):
            return pointed or None
    latest = [s for s in scene.sources.items if s.kind in ("audio", "text") and s.origin != "earlier"]
    latest = latest or scene.sources.of_kind("audio", "text")
    if pointed := named(scene.clause, scene.masked, scene.sources, "audio", "text"):
        return pointed
    if latest and latest[-1].kind == "text":
        return resolve(scene.clause, scene.masked, scene.sources, "text")
    return None


def _speech(scene: Scene) -> Arguments:
    text = scene.answers.get("text") or spoken_text(scene.clause, scene.masked)
    text, speed = _with_pace(text, scene)
    if text is None and scene.masked.quotes_in(scene.context):
        text = scene.masked.quotes_in(scene.context)[0]
    if text:
        return Arguments((given({"text": text, "language": written_language(text), "speed": speed}),), (), (None,))
    found = texts_of(scene)
    if not found and scene.masked.quotes:
        return Arguments((given({"text": scene.masked.quotes[0], "speed": speed}),), (), (None,))
    if not found:
        return Arguments((given({"speed": speed}),), ("text",), (None,))
    return Arguments(
        tuple(given({"text": s.value, "language": s.language, "speed": speed}) for s in found), (), tuple(found)
    )


def _with_pace(text: str | None, scene: Scene) -> tuple[str | None, float | None]:
    """Return the words to say and how fast: "say dinner is ready, twice as fast" has the pace at their end."""
    bare = re.sub(r"\s+(?:as|than) (?:normal|usual)$", "", text or "")
    if text and text not in scene.masked.quotes and (pace := find_speed(bare)) and bare.endswith(pace[1]):
        return re.sub(r"[\s,]*(?:\b(?:at|as|but|and|very)\b)?\s*$", "", bare.removesuffix(pace[1])), pace[0]
    pace = find_speed(scene.whole.replace(text or "\0", ""))
    return text, pace and pace[0]


def is_said(text: str) -> bool:
    """Tell whether a request talks of a translation at all: of translating, or of a language to have it in."""
    return bool(_TRANSLATES.search(text) or _TONGUE.search(text) or find_languages(text).target)


_TONGUE = re.compile(r"\b(?:languages?|tongue|foreign\w*|abroad|dub\w*|understand)\b", re.IGNORECASE)


def _style(scene: Scene) -> Arguments:
    text = (
        scene.answers.get("text")
        or (scene.masked.quotes_in(scene.whole) or (None,))[0]
        or spoken_text(scene.clause, scene.masked)
        or (next(iter(scene.masked.quotes), None) if re.search(r"\bfollowing\b", scene.clause) else None)
    )
    audios = scene.sources.of_kind("audio")
    uploads = scene.sources.attachments("audio") or [s for s in audios if s.task is None]
    made = scene.sources.steps("audio")
    if text is None and len(uploads) > 1:
        return _voice_conversion(scene, uploads)
    spoken = named(scene.clause, scene.masked, scene.sources, "audio")
    newest = [version for upload in uploads[:1] for version in scene.sources.newest_of(upload)]
    reference = next((s for s in [*spoken, *newest, *audios[::-1]] if s.kind == "audio"), None)
    missing: tuple[str, ...] = () if reference else ("reference",)
    known: dict[str, Any] = {"reference": reference.value} if reference else {}
    if text:
        return Arguments(({"text": text, **known},), missing, (None,))
    texts = texts_of(scene)
    latest = [s for s in scene.sources.items if s.origin == "step"]
    if texts and not (latest and latest[-1].kind == "audio" and len(made) > 0 and uploads):
        return Arguments(tuple({"text": s.value, **known} for s in texts), missing, tuple(texts))
    if not made and not texts and PRONOUN.search(scene.clause):
        made = [source for source in audios if source.task is not None]
    if made and uploads:
        return Arguments(({"audio": made[-1].value, "reference": uploads[0].value},), (), (made[-1],))
    return Arguments((known,), (*missing, "text"), (None,))


_WHO_SAYS = re.compile(
    r"\b(?:person|speaker|voice|man|woman|guy|lady|singer|actor)\s+(?:in|from|of|on)\s+(?P<voice>.{3,40}?)\s+"
    r"(?:say|speak|read|deliver|utter|repeat)s?\b",
    re.IGNORECASE,
)


def _voice_conversion(scene: Scene, uploads: list[Source]) -> Arguments:
    """Tell whose words from whose voice: "make the first recording sound like the person in the second one"."""
    match = _WHO_SAYS.search(scene.clause) or re.search(
        r"\b(?:like|as|into|to|in the (?:voice|style) of|with the (?:voice|style|timbre) (?:of|from)|using|that of|"
        r"of|from)\b(?P<voice>.*)$",
        scene.clause,
        re.IGNORECASE,
    )
    pointed = named(match["voice"], scene.masked, scene.sources, "audio") if match else []
    reference = pointed[0] if pointed and pointed[0] in uploads else uploads[1]
    upload = next(s for s in uploads if s is not reference)
    content = [s for s in scene.sources.of_kind("audio") if s.root == upload.root][-1]
    texts = scene.sources.steps("text")
    if texts:
        return Arguments(({"text": texts[-1].value, "reference": reference.value},), (), (texts[-1],))
    return Arguments(({"audio": content.value, "reference": reference.value},), (), (content,))


BUILDERS: dict[str, Build] = {
    "speech-translation": _translation,
    "style-transfer": _style,
    "text-to-speech": _speech,
}
