"""The arguments of one step, from its clause and from what it can refer to."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_planner.offline.contents import is_reference, sound_description, spoken_text
from llm_planner.offline.directions import find_azimuth
from llm_planner.offline.language_names import find_languages, find_targets
from llm_planner.offline.masking import Masked
from llm_planner.offline.music import find_melody
from llm_planner.offline.references import named, resolve
from llm_planner.offline.sources import Source, Sources
from llm_planner.offline.targets import target_sound
from llm_planner.offline.times import find_duration, find_range, with_digits
from llm_planner.plan import FromArtifact, FromStep, Step

_SPOKEN = re.compile(
    r"\b(?:speech to speech|(?:to|into|as|in) (?:\w+ )?(?:speech|voice|audio)|spoken|aloud|out loud|dub\w*|revoice|"
    r"voice-?over|hear (?:it|this|that|him|her|them)|speech-to-speech)\b"
    r"|\bto (?:\w+ )?speech\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b(?P<count>[2-8])\s+(?:\w+\s+)?(?:speakers|voices|people|persons|men|women|talkers|guys|kids|tracks|files|"
    r"colleagues|friends|guests|participants|streams|students|children|stems|sources|hosts|parts|speaker)\b",
    re.IGNORECASE,
)
_ELEVATION = re.compile(
    r"(?P<value>\d+(?:\.\d+)?)\s*(?:degrees?|°)\s*(?P<way>up|above|down|below)|\b(?P<word>above|overhead|below|"
    r"beneath)\b",
    re.IGNORECASE,
)
_DISTANCE = re.compile(r"(?P<value>\d+(?:\.\d+)?)\s*(?:m|meters?|metres?)\s+(?:away|distance|far|off)\b", re.IGNORECASE)
_SPEECH_NOUN = re.compile(
    r"\b(?:audio|recording|speech|talk|interview|clip|voice|podcast|file|call|lecture|voicemail|message|memo|"
    r"conversation)\b|FILE",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:it|that|this|they|the sound)\b", re.IGNORECASE)
_PHRASE = re.compile(
    r"\b(?:say|says|express|put|translate|pronounce|is|word)\s+(?:the (?:word|phrase|"
    r"sentence)\s+)?(?P<phrase>(?!it\b|that\b|this\b|in\b|said\b|being\b)[^,?]+?)\s+(?:in|into|to)\s+\w+[\s.?!]*$",
    re.IGNORECASE,
)
_TEXT_POINTER = re.compile(
    r"\b(?:text|transcripts?|transcription|translations?|captions?|descriptions?|sentence|words|summary|result|"
    r"output|it|that|this|them|each|both|what)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Scene:
    """What a builder of arguments looks at: the clause, the quotes of the request, the sources, what was answered.

    `answers` are values given to an earlier clarifying question, which win over the clause.
    """

    clause: str
    context: str
    masked: Masked
    sources: Sources
    answers: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[Step] = ()

    @property
    def whole(self) -> str:
        """The clause with the statements around it."""
        return f"{self.clause} {self.context}".strip()


@dataclass(frozen=True)
class Arguments:
    """Variants of one step, one for each source it is to be done for, and what is missing for all of them."""

    variants: tuple[dict[str, Any], ...]
    missing: tuple[str, ...] = ()
    sources: tuple[Source | None, ...] = ()


Build = Callable[[Scene], Arguments]


def build_arguments(task: str, scene: Scene) -> Arguments:
    """Return the arguments of a task for a clause."""
    return _BUILDERS[task](scene)


def _audio(scene: Scene) -> list[Source]:
    return resolve(scene.clause, scene.masked, scene.sources, "audio") or resolve(
        scene.context, scene.masked, scene.sources, "audio"
    )


def _on_audio(scene: Scene, extra: Mapping[str, Any] | None = None, missing: tuple[str, ...] = ()) -> Arguments:
    """Do a task for every audio the clause means."""
    found = _audio(scene)
    given = {key: value for key, value in (extra or {}).items() if value is not None}
    if not found:
        return Arguments(({**given},), ("audio", *missing), (None,))
    return Arguments(tuple({"audio": s.value, **given} for s in found), missing, tuple(found))


def _recognition(scene: Scene) -> Arguments:
    match = re.search(r"\b(?:in|speaks?|speaking|is|the|this)\s+(?P<name>[a-z]+)\b", scene.whole, re.IGNORECASE)
    source = find_languages(scene.whole) if match else None
    language = (source.source or source.target) if source else None
    return _on_audio(scene, {"language": language})


def _plain(scene: Scene) -> Arguments:
    return _on_audio(scene)


def _separation(scene: Scene) -> Arguments:
    match = _COUNT.search(with_digits(scene.whole))
    count = int(match["count"]) if match else None
    return _on_audio(scene, {"speakers": count if count and count != 2 else None})


def _binaural(scene: Scene) -> Arguments:
    azimuth = find_azimuth(scene.clause)
    if azimuth is None and scene.context:
        azimuth = find_azimuth(scene.context)
    match = _ELEVATION.search(with_digits(scene.clause))
    elevation = None
    if match:
        sign = -1.0 if (match["way"] or match["word"]).lower() in ("down", "below", "beneath") else 1.0
        elevation = sign * float(match["value"] or 90)
    if match and match["value"]:
        azimuth = find_azimuth(scene.clause.replace(match[0], ""))
    distance = _DISTANCE.search(with_digits(scene.clause))
    return _on_audio(
        scene,
        {"azimuth": azimuth, "elevation": elevation, "distance": float(distance["value"]) if distance else None},
    )


def _inpainting(scene: Scene) -> Arguments:
    found = _audio(scene)
    length = found[0].duration_s if found else None
    start, end = scene.answers.get("start"), scene.answers.get("end")
    stretch = find_range(scene.clause, length) or find_range(scene.whole, length)
    if stretch and start is None:
        start, end = stretch
    missing = tuple(name for name, value in (("start", start), ("end", end)) if value is None)
    return _on_audio(scene, {"start": start, "end": end}, missing)


def _target(scene: Scene) -> str | None:
    answer = scene.answers.get("target")
    if answer:
        return str(answer)
    found = target_sound(scene.clause, scene.masked)
    if found is None and scene.context:
        found = target_sound(scene.context, scene.masked)
    return found or (_last_target(scene.steps) if _PRONOUN.search(scene.clause) else None)


def _last_target(steps: Sequence[Step]) -> str | None:
    """Return the sound that was last looked for or taken out: "it" in "and tell me when it starts"."""
    targets = [step.arguments.get("target") for step in reversed(steps)]
    return next((target for target in targets if isinstance(target, str)), None)


def _extraction(scene: Scene) -> Arguments:
    target = _target(scene)
    return _on_audio(scene, {"target": target}, () if target else ("target",))


def _target_detection(scene: Scene) -> Arguments:
    attached = scene.sources.attachments("audio")
    target = _target(scene)
    if len(attached) > 1 and (target is None or _points_at_second(scene.clause)):
        reference, searched = _reference_and_searched(scene, attached)
        return Arguments(({"audio": searched.value, "reference": reference.value},), (), (searched,))
    return _on_audio(scene, {"target": target}, () if target else ("target",))


def _points_at_second(clause: str) -> bool:
    return bool(
        re.search(
            r"\b(?:second|other|reference|sample|FILE\d+.*FILE\d+|attached sound|same sound)\b", clause, re.IGNORECASE
        )
    )


def _reference_and_searched(scene: Scene, attached: list[Source]) -> tuple[Source, Source]:
    """Tell the sample from the long recording: "of the second one in the first one"."""
    match = re.match(
        r".*\b(?:in|inside|within|into)\s+(?P<place>(?:the |my |this )?(?:first|second|other|long\w*|FILE\d+)[\w ]*)$",
        scene.clause.strip(" ?.!"),
        re.IGNORECASE,
    )
    if match and (found := named(match["place"], scene.masked, scene.sources, "audio")):
        searched = found[0]
        return next(source for source in attached if source is not searched), searched
    return attached[1], attached[0]


def _translation(scene: Scene) -> Arguments:
    languages = find_languages(scene.clause)
    if languages.target is None and scene.context:
        languages = find_languages(scene.whole)
    target = scene.answers.get("target_language") or languages.target
    targets = (target,) if "target_language" in scene.answers else find_targets(scene.clause) or (target,)
    spoken = bool(_SPOKEN.search(re.sub(r"\b(?:spoken (?:words|text)|what is spoken)\b", "", scene.clause)))
    extra = {"target_language": target, "source_language": languages.source if languages.source != target else None}
    missing = () if target else ("target_language",)
    text = _text_to_translate(scene)
    if isinstance(text, str):
        return Arguments(
            _each_language({"text": text, "speak": spoken or None, **extra}, targets), missing, (None,) * len(targets)
        )
    found = text or _audio(scene)
    if not found:
        return Arguments((_given(extra),), ("audio", *missing), (None,))
    field_of = {"audio": "audio", "text": "text"}
    variants = tuple(
        variant
        for s in found
        for variant in _each_language({field_of[s.kind]: s.value, "speak": spoken or None, **extra}, targets)
    )
    return Arguments(variants, missing, tuple(s for s in found for _ in targets))


def _each_language(arguments: Mapping[str, Any], targets: Sequence[str | None]) -> tuple[dict[str, Any], ...]:
    """Return the arguments once for every language asked for."""
    return tuple(_given({**arguments, "target_language": target}) for target in targets)


def _text_to_translate(scene: Scene) -> str | list[Source] | None:
    if quotes := scene.masked.quotes_in(scene.clause):
        return quotes[0]
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


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value is not None}


def _text_sources(scene: Scene) -> list[Source]:
    return resolve(scene.clause, scene.masked, scene.sources, "text")


def _speech(scene: Scene) -> Arguments:
    text = scene.answers.get("text") or spoken_text(scene.clause, scene.masked)
    if text is None and scene.masked.quotes_in(scene.context):
        text = scene.masked.quotes_in(scene.context)[0]
    if text:
        return Arguments(({"text": text},), (), (None,))
    found = _text_sources(scene)
    if not found and scene.masked.quotes:
        return Arguments(({"text": scene.masked.quotes[0]},), (), (None,))
    if not found:
        return Arguments(({},), ("text",), (None,))
    return Arguments(tuple(_given({"text": s.value, "language": s.language}) for s in found), (), tuple(found))


def _style(scene: Scene) -> Arguments:
    text = (
        scene.answers.get("text")
        or (scene.masked.quotes_in(scene.whole) or (None,))[0]
        or spoken_text(scene.clause, scene.masked)
    )
    audios = scene.sources.of_kind("audio")
    uploads = scene.sources.attachments("audio") or [s for s in audios if s.task is None]
    made = scene.sources.steps("audio")
    if text is None and len(uploads) > 1:
        return _voice_conversion(scene, uploads)
    spoken = named(scene.clause, scene.masked, scene.sources, "audio")
    reference = next((s for s in [*spoken, *uploads, *audios[::-1]] if s.kind == "audio"), None)
    missing: tuple[str, ...] = () if reference else ("reference",)
    given: dict[str, Any] = {"reference": reference.value} if reference else {}
    if text:
        return Arguments(({"text": text, **given},), missing, (None,))
    texts = _text_sources(scene)
    latest = [s for s in scene.sources.items if s.origin == "step"]
    if texts and not (latest and latest[-1].kind == "audio" and len(made) > 0 and uploads):
        return Arguments(tuple({"text": s.value, **given} for s in texts), missing, tuple(texts))
    if not made and not texts and _PRONOUN.search(scene.clause):
        made = [source for source in audios if source.task is not None]
    if made and uploads:
        return Arguments(({"audio": made[-1].value, "reference": uploads[0].value},), (), (made[-1],))
    return Arguments((given,), (*missing, "text"), (None,))


def _voice_conversion(scene: Scene, uploads: list[Source]) -> Arguments:
    """Tell whose words from whose voice: "make the first recording sound like the person in the second one"."""
    match = re.search(
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


def _sound(scene: Scene) -> Arguments:
    duration = find_duration(scene.clause)
    text = scene.answers.get("text") or sound_description(scene.clause, scene.masked)
    texts = scene.sources.steps("text")
    if not text and not texts and scene.context:
        text = sound_description(scene.context, scene.masked)
    if text:
        return Arguments((_given({"text": text, "duration": duration}),), (), (None,))
    found = _text_sources(scene) if _TEXT_POINTER.search(scene.clause) else []
    if not found:
        return Arguments((_given({"duration": duration}),), ("text",), (None,))
    return Arguments(tuple(_given({"text": s.value, "duration": duration}) for s in found), (), tuple(found))


def _picture_sound(scene: Scene) -> Arguments:
    found = resolve(scene.clause, scene.masked, scene.sources, "image")
    extra = _given({"duration": find_duration(scene.clause)})
    if not found:
        return Arguments((extra,), ("image",), (None,))
    return Arguments(tuple({"image": s.value, **extra} for s in found), (), tuple(found))


def _talking_head(scene: Scene) -> Arguments:
    pictures = resolve(scene.clause, scene.masked, scene.sources, "image")
    image = {"image": pictures[0].value} if pictures else {}
    found = _audio(scene)
    if not found:
        return Arguments((image,), ("audio",), (None,))
    return Arguments(tuple({"audio": s.value, **image} for s in found), (), tuple(found))


def text_for_face(scene: Scene) -> str | FromStep | FromArtifact | None:
    """Return the text a face is to say where no audio of it exists yet, so that it has to be spoken first."""
    text = spoken_text(scene.clause, scene.masked)
    if text is not None:
        return text
    pointed = named(scene.clause, scene.masked, scene.sources, "audio")
    texts, audios = scene.sources.steps("text"), scene.sources.of_kind("audio")
    if pointed or not texts:
        return None
    latest = [source for source in scene.sources.items if source.origin == "step"][-1]
    if latest.kind == "text" and (latest.task == "speech-translation" or not audios):
        return latest.value
    return None


def _singing(scene: Scene) -> Arguments:
    scores = resolve(scene.clause, scene.masked, scene.sources, "score")
    text = scene.masked.restore(scene.whole)
    lyrics = (
        scene.answers.get("lyrics")
        or next(iter(scene.masked.quotes_in(scene.whole)), None)
        or spoken_text(scene.clause, scene.masked)
    )
    melody = find_melody(_without(text, lyrics))
    notes = scene.answers.get("notes") or melody.notes
    durations = scene.answers.get("durations") or melody.durations
    if scores and not notes:
        return Arguments((_given({"score": scores[0].value, "lyrics": lyrics}),), (), (scores[0],))
    source: Source | None = None
    value: Any = lyrics
    if lyrics is None and (texts := _text_sources(scene)) and _TEXT_POINTER.search(scene.clause):
        source, value = texts[0], texts[0].value
    if len(durations) == 1 and len(notes) > 1:
        durations = durations * len(notes)
    given = {"lyrics": value, "notes": list(notes) or None, "durations": list(durations) or None}
    missing = tuple(name for name, found in given.items() if found is None)
    return Arguments((_given(given),), missing, (source,))


def _without(text: str, part: Any) -> str:
    return text.replace(part, " ") if isinstance(part, str) else text


_BUILDERS: dict[str, Build] = {
    "speech-recognition": _recognition,
    "speech-translation": _translation,
    "style-transfer": _style,
    "speech-enhancement": _plain,
    "speech-separation": _separation,
    "mono-to-binaural": _binaural,
    "audio-inpainting": _inpainting,
    "sound-extraction": _extraction,
    "sound-detection": _plain,
    "target-sound-detection": _target_detection,
    "talking-head-synthesis": _talking_head,
    "text-to-speech": _speech,
    "text-to-audio": _sound,
    "audio-captioning": _plain,
    "image-to-audio": _picture_sound,
    "singing-synthesis": _singing,
}
