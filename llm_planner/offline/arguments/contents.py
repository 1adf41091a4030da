"""The words a step works on: what to say, what to sing, which sound to make or to look for."""

import re

from llm_planner.offline.words.lexicon import strip_prefix
from llm_planner.offline.words.masking import Masked
from llm_planner.offline.words.times import strip_durations
from model_wrappers.contract.languages import NAMES

_REFERENCE = re.compile(
    r"^(?:it|that|this|these|those|them|the same|something|anything|everything|each|both|all|(?:each|all|both) of "
    r"(?:them|it)|(?:the|this|that|those|these|my|a|an|some|any|one|its|your|their|"
    r"his|her)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:text|transcript|transcripts|transcription|translation|translations|caption|captions|description|"
    r"descriptions|result|results|output|outputs|answer|sentence|words|line|lines|summary|"
    r"message|paragraph|word|sound|sounds|noise|noises|target|target sound|source|audio|audio clip|clip|file|"
    r"recording|speech|song|lyrics|poem|script|"
    r"following|voice|poem|one|ones|event|events|thing|lyric|writing|list|part|parts|version|music file|story|email|"
    r"article|note|notes|letter|phrase|announcement|greeting)(?: of (?:this|that|it|them|mine|(?:the|this|that|"
    r"my) \w+))?"
    r"|what (?:you|i|is|was|he|she|they|it|was) (?:[\w ']+)|nothing|what)$",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"(?<![\w-])(?:say|says|saying|speak|speaks|speaking|read|reads|reading|pronounce|pronouncing|announce|announces|"
    r"announcing|narrate|recite|utter|shout|whisper|proclaim|declare|tell (?:everyone|everybody|them|him|her|us|me|"
    r"people|the \w+|my \w+)|"
    r"inform (?:everyone|them|people|the \w+)|states?|stating|remind (?:everyone|them|people|the \w+)|sing|singing|"
    r"sings|chant|croon|hum)\b"
    r"(?:\s+(?:me|us|in an? (?:\w+ )?message|by voice|with a voice message|out loud|aloud|out|for me|to me|clearly|"
    r"slowly|loudly|please|with a voice|in a (?:\w+ "
    r")?voice))*\s*[,:]?\s*(?:that\s+|the words?\s+|the phrase\s+|the sentence\s+|the line\s+|the text\s+|the "
    r"lyrics\s+|the following\s*:?\s+|something like\s+)?(?P<content>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING_SAY = re.compile(
    r"(?:[\s,]+(?:out loud|aloud|out|thanks|thank you|(?:her|his|the|my|their) voice is\b.*|"
    r"by (?:an?|the|my|his|her|some|this|that)\b.*|for me|to me|back to me|please|"
    r"clearly|in (?:a|the) [^,.]*\b(?:voice|style|"
    r"tone|way|manner)\b.*|in the (?:style|voice|tone|manner) of.*|"
    r"using (?:the|a|that|this) (?:voice|style).*|with (?:the|a|that|this|her|his|their|my|your)(?: [\w']+)* "
    r"(?:voice|style|emotion|tone|intonation|accent|timbre)\b.*|(?:like|the way) .*|as speech|in (?:that|his|her|my|"
    r"their|this|the same|your)(?: own)? (?:voice|tone|style)\b.*|as if .*|"
    r"(?:on|with|using|to|at|over) (?:the )?(?:notes?|pitch(?:es)?|melody|tune|tones)\b.*|on [A-Ga-g](?:#|"
    r"b)?\d.*))+\s*$",
    re.IGNORECASE,
)
_MAKE = (
    r"(?:generate|create|make|produce|synthesi[sz]e|simulate|render|compose|design|write|build|find|play|get|give|"
    r"provide|bring|do|"
    r"come up with|imagine|send|prepare|craft|deliver|show|i(?:'d| would)? (?:also )?(?:like|love|want|need)(?: to "
    r"(?:hear|have))?|let (?:me|us) (?:hear|have)|we need|"
    r"i(?:'m| am) looking for|hear|have)"
)
_SOUND_NOUN = (
    r"(?:sounds?|noises?|audio|audios|clips?|audio clips?|sound clips?|sound effects?|effects?|sfx|recordings?|"
    r"audio files?|samples?|soundscapes?|ambience|"
    r"ambiences|atmosphere|background sounds?|background noise|background audio|scene|snippet|piece of audio|bit of "
    r"audio|file|track|wav|audio track|audio scene|background track|audio recording|sound file)"
)
_FRAME = re.compile(
    rf"^(?:(?:{_MAKE})\s+)?(?:me\s+|us\s+)?(?:(?:the|a|an|some|any|one|more)\s+)?(?:(?:short|long|brief|new|"
    r"realistic|nice|little|loud|quick|single|simple)\s+)*"
    rf"{_SOUND_NOUN}\s*(?:of|with|for|where|in which|in|that has|that contains|containing|featuring|like|from|"
    r"showing|which has|made of|made by|matching|described as|based on|:)\s*(?:the (?:sounds?|noise) of\s+)?",
    re.IGNORECASE,
)
_VERB = re.compile(rf"^(?:{_MAKE})\s+(?:me\s+|us\s+|for me\s+)?", re.IGNORECASE)
_TRAILING_SOUND = re.compile(
    r"(?:[\s,]+(?:for me|please|now|in the background|thanks|for my \w+|for the \w+ scene|if possible|"
    rf"as (?:an )?audio|as (?:a "
    rf")?sound|as {_SOUND_NOUN}|for us|would be (?:nice|great|good|lovely|perfect)|today|will do))+\s*$",
    re.IGNORECASE,
)


_MADE_ARTICLE = re.compile(
    r"^(?:a|an|some|the)\s+(?=(?:.*\b)?(?:music|song|beat|sounds?|noises?|sound effects?|jingle|melody|tune)$)",
    re.IGNORECASE,
)
_BARE = frozenset({"text", "transcript", "translation", "caption", "description", "result", "sentence"})
_LANGUAGE_TEXT = re.compile(
    rf"^(?:the|that|this|its)\s+(?:{'|'.join(map(re.escape, NAMES))})(?:\s+(?:text|version|translation|one|words))?$",
    re.IGNORECASE,
)
_IN_LANGUAGE = re.compile(rf"\s+in (?:{'|'.join(map(re.escape, NAMES))})$", re.IGNORECASE)
PLACED = re.compile(
    r"[\s,]*\b(?:(?:that|which|and|,)\s+)?(?:(?:is|should be|to be|be)\s+)?(?:(?:coming|comes?|heard|played|playing|"
    r"placed|positioned|panned|spatiali[sz]ed|sounding|seeming to come)\s+)?"
    r"(?:in (?:3d|binaural|spatial audio)\b(?:[^.]*\b(?:left|right|behind|front)\b(?: side)?)?|(?:from|to|on|at|by|"
    r"into)\s+(?:the\s+|my\s+)?(?:hard\s+|far\s+)?(?:left|right)(?:[- ]hand)?(?:\s+(?:side|ear))?\b|"
    r"(?:from\s+)?behind(?: me| the listener)?(?=[\s.?!]*$)"
    r"|(?:to|at|from|on)?\s*\d+\s*(?:degrees?|°)(?:\s+(?:to|on|from)\s+(?:the|my)\s+(?:left|right)|\s+(?:left|"
    r"right))?)(?=[\s.,?!]*$)",
    re.IGNORECASE,
)


def spoken_text(clause: str, masked: Masked) -> str | None:
    """Return what a clause wants said or sung, or None where it points at a text or has none."""
    if quotes := masked.quotes_in(clause):
        return quotes[-1] if len(quotes) == 1 else max(quotes, key=len)
    match = _SAY.search(clause)
    if match is None:
        return None
    content = _TRAILING_SAY.sub("", match["content"].strip(" .,;:!")).strip(" .,;:")
    pointed = _TRAILING_SAY.sub("", _IN_LANGUAGE.sub("", content))  # "the translation aloud in Spanish"
    return masked.restore(content) if content and not is_reference(pointed) and not _only_manner(content) else None


def _only_manner(content: str) -> bool:
    return bool(
        re.match(
            r"^(?:by an? \w+$|of (?:the|it|this|that|my|his|her)\b|"
            r"out|aloud|loud|back|up|again|in|with|using|on|it|that|them|like|for me|to me|the (?:first|second|"
            r"third|last|next|whole|translated|cleaned|new|previous)|from|this|these|both|each|every|my|his|her|"
            r"what|whatever|as|so|about|at|a (?:song|lullaby|tune)|something|together|along|over|all|please|now|"
            r"happy|sad|and)\b",
            content,
            re.IGNORECASE,
        )
    ) and not re.match(
        r"^(?:this is|that is|it is|it's|that's|happy \w+|my name|my \w+ (?:is|are)|all \w+ (?:is|are)|his \w+ is|"
        r"her \w+ is|on (?:monday|tuesday|air))\b",
        content,
        re.IGNORECASE,
    )


def is_reference(text: str) -> bool:
    """Tell whether words point at something instead of naming it: "the transcript", "that sound", "the Spanish"."""
    return (
        text.strip().lower() in _BARE
        or bool(_REFERENCE.match(text.strip()))
        or bool(_LANGUAGE_TEXT.match(text.strip()))
    )


_FROM_TEXT = re.compile(
    r"\b(?:from|based on|by|using|with|out of|for|matching|according to|fitting|of) (?:the|that|this|your|its|my|"
    r"an?)\s+"
    r"(?:\w+ )?(?:caption|description|transcript|transcription|translation|text|sentence|words|summary)\b"
    r"|\b(?:turn|convert|change|transform|make) (?:the|that|this|your|its) "
    r"(?:caption|description|transcript|transcription|translation|text|sentence|words|summary) (?:in)?to\b",
    re.IGNORECASE,
)


def sound_description(clause: str, masked: Masked) -> str | None:
    """Return the sound or music a clause wants made, or None where it names none."""
    if quotes := masked.quotes_in(clause):
        return quotes[0]
    if _FROM_TEXT.search(clause):
        return None
    text = strip_prefix(clause).strip(" .,;:?!")
    text = PLACED.sub("", strip_durations(text))
    text = re.sub(
        r"^(?:for|in) (?:my|the|our|a) [^,]{2,40}?,?\s+(?=i (?:need|want|would|'d))", "", text, flags=re.IGNORECASE
    )
    if match := re.match(
        r"^(?:what|how) (?:does|do|would|might) (?P<content>.+?) sounds?(?: like)?$", text, re.IGNORECASE
    ):
        return masked.restore(match["content"])
    stripped = _FRAME.sub("", text)
    if stripped == text:
        stripped = _VERB.sub("", text)
        stripped = re.sub(r"^(?:a|an|some|the)\s+(?=(?:\w+ )?(?:piece|bit) of\b)", "", stripped, flags=re.IGNORECASE)
        stripped = re.sub(r"^(?:the )?(?:sounds?|noise) of\s+", "", stripped, flags=re.IGNORECASE)
        stripped = re.sub(r"^(?:piece|bit) of\s+", "", stripped, flags=re.IGNORECASE)
    stripped = re.sub(
        r"^(?:text|text to audio|audio generation|sound effect|sfx|sound)\s*:\s*", "", stripped, flags=re.IGNORECASE
    )
    stripped = _TRAILING_SOUND.sub("", stripped)
    stripped = _MADE_ARTICLE.sub("", stripped.strip(" .,;:?!"))
    if (
        not stripped
        or is_reference(stripped)
        or re.fullmatch(
            rf"(?:(?:a|an|the|some|any|new|another)\s+)*(?:{_SOUND_NOUN})(?: for me)?", stripped, re.IGNORECASE
        )
    ):
        return None
    return masked.restore(
        re.sub(r"^some\s+|\s(?:sound effect|sfx|sound clip|audio clip)$", "", stripped, flags=re.IGNORECASE)
    )
