"""Steps nobody names but a request implies: "read me the transcript" of a recording that nobody transcribed yet."""

import re
from collections.abc import Iterator

from llm_planner.offline.arguments.contents import is_reference, sound_description, spoken_text
from llm_planner.offline.arguments.making_arguments import text_for_face
from llm_planner.offline.arguments.scene import Scene, given
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lexicon import words

_TRANSCRIPT = re.compile(
    r"\b(?:transcri\w+|what(?:'s| is| was| are| were| has been) (?:being )?(?:said|spoken)|what (?:he|she|they|the "
    r"\w+) (?:says?|said|is saying|are saying)|"
    r"the (?:spoken )?words|wording)\b",
    re.IGNORECASE,
)
_TRANSLATION = re.compile(r"\btranslat\w+\b", re.IGNORECASE)
_INTO = re.compile(rf"\bin\b|{_TRANSLATION.pattern}", re.IGNORECASE)
_CAPTION = re.compile(r"\b(?:captions?|descriptions?|what (?:is|can be) heard|what you hear|summary)\b", re.IGNORECASE)
_VOICE = re.compile(
    r"\b(?:first|second|third|other|1st|2nd|3rd)\s+(?:speaker|voice|talker)\b|\bspeaker\s+(?:#\s*)?(?:\d|one|two|"
    r"three)\b",
    re.IGNORECASE,
)
_EVERY_VOICE = re.compile(
    r"\b(?:each|both|every)(?: one)?(?: of the)?(?: (?:two|three|four|\d))?\s+(?:speakers?|voices?|people|persons?|man|"
    r"woman|men|talkers?|callers?|participants?)\b",
    re.IGNORECASE,
)
_WITHOUT_NOISE = re.compile(
    r"\bthe (?:cleaned|denoised|enhanced|noise-free)(?:[- ]up)? (?:recording|audio|speech|voice|version|file|clip|"
    r"one|copy)\b|"
    r"\b(?:without|free of|freed from|minus|rid of)\s+(?:the\s+|all\s+|any\s+|that\s+|background\s+)*"
    r"(?:noises?|hum|hiss|static|"
    r"buzz\w*|crackl\w+)\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"^(?:i(?:'d| would)? (?:want|like|love|need|fancy)|let me|give me|make me|generate|create)\b",
    re.IGNORECASE,
)
_KNOWN = re.compile(r"(?:the|this|that|these|those|my|our|his|her|its|it|them)\b", re.IGNORECASE)
_ACCENT = re.compile(r"\b(?:voice|accent|speaker|style|way)\b", re.IGNORECASE)
_SOUND_OF = re.compile(
    r"\b(?:binaural|3d|spatial\w*|immersive)\s+(?:audio|version|recording|sound|rendering|clip|scene)?\s*(?:of|"
    r"with)\s+(?P<sound>.+?)[\s.?!]*$",
    re.IGNORECASE,
)
_MADE_SOUND = re.compile(
    r"\bthe (?:sound|noise)s? of (?P<sound>an?\s.+?)\s+(?:in|into|to|as|from|on|at|behind)\b", re.IGNORECASE
)

ON_ONE_VOICE = words(
    "speech-recognition speech-translation speech-enhancement mono-to-binaural audio-captioning talking-head-synthesis"
)
Implied = tuple[str, dict[str, object]]


def implied_steps(task: str, scene: Scene) -> Iterator[Implied]:
    """Yield tasks, with what is known of their arguments, that must run before a task can."""
    if task in ON_ONE_VOICE and len(scene.sources.attachments("audio")) == 1 and one_of_the_voices(scene):
        yield "speech-separation", {}
    clean = task == "speech-enhancement" or any(s.task == "speech-enhancement" for s in scene.sources.items)
    if task in ON_ONE_VOICE and not clean and _WITHOUT_NOISE.search(scene.whole):
        yield "speech-enhancement", {}
    if task == "talking-head-synthesis" and _other_language(scene):
        yield "speech-translation", {}
    if task == "talking-head-synthesis" and "transcri" in scene.clause and not scene.sources.steps("text"):
        yield from _text_to_speak(scene)
    if task == "talking-head-synthesis" and (text := text_for_face(scene)) is not None:
        yield "text-to-speech", {"text": text, **_language_of(scene)}
    elif task == "mono-to-binaural" and not scene.sources.of_kind("audio"):
        yield from _sound_to_place(scene)
    elif (
        task == "singing-synthesis"
        and not scene.masked.quotes_in(scene.whole)
        and not scene.sources.of_kind("text", "score")
    ):
        if _TRANSCRIPT.search(scene.clause) and scene.sources.of_kind("audio"):
            yield "speech-recognition", {}
    elif task == "style-transfer" and len(scene.sources.attachments("audio")) > 1:
        return
    elif (task == "text-to-audio" and sound_description(scene.clause, scene.masked) is None) or (
        task in ("text-to-speech", "style-transfer") and spoken_text(scene.clause, scene.masked) is None
    ):
        yield from _text_to_speak(scene)


def _language_of(scene: Scene) -> dict[str, object]:
    """Return the language of the latest text of the plan, where it is a translation."""
    texts = scene.sources.steps("text")
    return given({"language": texts[-1].language}) if texts else {}


def _other_language(scene: Scene) -> bool:
    """Tell whether a face is to say in another language what a recording says."""
    language = find_languages(scene.clause).target
    made = any(source.language == language or source.kind == "audio" for source in scene.sources.steps("text", "audio"))
    return bool(language and scene.sources.of_kind("audio") and not made and not scene.masked.quotes_in(scene.clause))


def one_of_the_voices(scene: Scene) -> bool:
    """Tell whether a clause means a voice, or every voice, of a mixture that nobody separated yet."""
    meant = _VOICE.search(scene.clause) or _EVERY_VOICE.search(scene.clause)
    return bool(meant) and not any(source.group for source in scene.sources.of_kind("audio"))


def _sound_to_place(scene: Scene) -> Iterator[Implied]:
    if scene.sources.of_kind("image"):
        yield "image-to-audio", {"image": scene.sources.of_kind("image")[-1].value}
    elif quotes := scene.masked.quotes_in(scene.clause):
        yield "text-to-speech", {"text": quotes[0]}
    elif (match := _SOUND_OF.search(scene.clause) or _MADE_SOUND.search(scene.clause)) and not is_reference(
        match["sound"]
    ):
        yield "text-to-audio", {"text": scene.masked.restore(match["sound"])}
    elif (
        _WISH.match(scene.clause)
        and (sound := sound_description(scene.clause, scene.masked))
        and not _KNOWN.match(sound)
    ):
        yield "text-to-audio", {"text": sound}


def _text_to_speak(scene: Scene) -> Iterator[Implied]:
    """Yield what makes the text: a transcript, a translation or a description of the audio at hand."""
    texts = scene.sources.of_kind("text")
    language = None if _ACCENT.search(scene.clause) else find_languages(scene.clause).target
    if texts and language and texts[-1].language != language and _INTO.search(scene.clause):
        yield "speech-translation", {"text": texts[-1].value, "target_language": language}
    if texts or not scene.sources.of_kind("audio"):
        return
    if _TRANSLATION.search(scene.clause) or (_TRANSCRIPT.search(scene.clause) and language):
        yield "speech-translation", {}
    elif _TRANSCRIPT.search(scene.clause):
        yield "speech-recognition", {}
    elif _CAPTION.search(scene.clause):
        yield "audio-captioning", {}
