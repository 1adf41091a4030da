"""The words a step works on: what to say, what to sing, which sound to make or to look for."""

import re

from llm_planner.offline.lexicon import strip_prefix
from llm_planner.offline.masking import Masked
from llm_planner.offline.times import strip_durations

_AUDIO_NOUN = (
    r"(?:audio|recording|clip|file|sound file|track|mix|mixture|song|podcast|tape|sample|video|music|memo|upload|attachment|"
    r"soundtrack|piece|one|sound|background|rest|scene|result|output|noise|street scene|interview|concert|take|wav|mp3|sounds|other sounds|"
    r"soundscape|footage|call|recordings|everything else|version|original|material|stream|excerpt|segment)"
)
_PLACE = (
    rf"(?:FILE\d+|it|that|this|these|them|there|here|(?:the|this|that|my|a|an|our|your|his|her|their|which|what)(?:\s+[\w'-]+){{0,4}}?\s+{_AUDIO_NOUN}\b(?:\s+(?:file|clip|recording|before|above|i\s+\w+|from before|you\s+\w+))?"
    r"|what i (?:uploaded|sent|attached|recorded)|my (?:recording|upload|file))"
)
_REFERENCE = re.compile(
    r"^(?:it|that|this|these|those|them|the same|something|anything|everything|each|both|all|(?:each|all|both) of (?:them|it)|(?:the|this|that|my|a|an|some|any|one|its|your|their)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:text|transcript|transcripts|transcription|translation|translations|caption|captions|description|descriptions|result|results|output|outputs|answer|sentence|words|line|lines|summary|"
    r"message|paragraph|word|sound|sounds|noise|noises|target|target sound|source|audio|audio clip|clip|file|recording|speech|song|lyrics|poem|script|"
    r"following|voice|poem|one|ones|event|events|thing|lyric|writing|list|part|parts|version|music file|story|email|article|note|notes|letter|phrase|announcement|greeting)"
    r"|what (?:you|i|is|was|he|she|they|it|was) (?:[\w ']+)|nothing|what)$",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"\b(?:say|says|saying|speak|speaks|speaking|read|reads|reading|pronounce|pronouncing|announce|announces|announcing|narrate|recite|utter|shout|whisper|proclaim|declare|tell (?:everyone|everybody|them|him|her|us|me|people|the \w+|my \w+)|"
    r"inform (?:everyone|them|people|the \w+)|states?|stating|remind (?:everyone|them|people|the \w+)|sing|singing|sings|chant|croon|hum)\b"
    r"(?:\s+(?:out loud|aloud|out|for me|to me|clearly|slowly|loudly|please|with a voice|in a (?:\w+ )?voice))*\s*[,:]?\s*(?:that\s+|the words?\s+|the phrase\s+|the sentence\s+|the line\s+|the text\s+|the lyrics\s+|the following\s*:?\s+|something like\s+)?(?P<content>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING_SAY = re.compile(
    r"(?:[\s,]+(?:out loud|aloud|for me|to me|back to me|please|clearly|in (?:a|the) [^,.]*\b(?:voice|style|tone|way|manner)\b.*|in the (?:style|voice|tone|manner) of.*|"
    r"using (?:the|a|that|this) (?:voice|style).*|with (?:the|a|that|this|her|his|their|my|your)(?: [\w']+)* (?:voice|style|emotion|tone|intonation|accent|timbre)\b.*|(?:like|the way) .*|as speech|in (?:that|his|her|my|their|this|the same) (?:voice|tone|style)\b.*|as if .*|"
    r"(?:on|with|using|to|at|over) (?:the )?(?:notes?|pitch(?:es)?|melody|tune|tones)\b.*|on [A-Ga-g](?:#|b)?\d.*))+\s*$",
    re.IGNORECASE,
)
_MAKE = (
    r"(?:generate|create|make|produce|synthesi[sz]e|simulate|render|compose|design|write|build|find|play|get|give|provide|bring|do|"
    r"come up with|imagine|send|prepare|craft|deliver|show|i(?:'d| would)? (?:also )?(?:like|love|want|need)(?: to (?:hear|have))?|let (?:me|us) (?:hear|have)|we need|"
    r"i(?:'m| am) looking for|hear|have)"
)
_SOUND_NOUN = (
    r"(?:sounds?|noises?|audio|audios|clips?|audio clips?|sound clips?|sound effects?|effects?|sfx|recordings?|audio files?|samples?|soundscapes?|ambience|"
    r"ambiences|atmosphere|background sounds?|background noise|background audio|scene|snippet|piece of audio|bit of audio|file|track|wav|audio track|audio scene|background track|audio recording|sound file)"
)
_FRAME = re.compile(
    rf"^(?:(?:{_MAKE})\s+)?(?:me\s+|us\s+)?(?:(?:the|a|an|some|any|one|more)\s+)?(?:(?:short|long|brief|new|realistic|nice|little|loud|quick|single|simple)\s+)*"
    rf"{_SOUND_NOUN}\s*(?:of|with|for|where|in which|in|that has|that contains|containing|featuring|like|from|showing|which has|made of|made by|matching|described as|based on|:)\s*(?:the (?:sounds?|noise) of\s+)?",
    re.IGNORECASE,
)
_VERB = re.compile(rf"^(?:{_MAKE})\s+(?:me\s+|us\s+|for me\s+)?", re.IGNORECASE)
_TRAILING_SOUND = re.compile(
    rf"(?:[\s,]+(?:for me|please|now|thanks|for my \w+|for the \w+ scene|if possible|as (?:an )?audio|as (?:a )?sound|as {_SOUND_NOUN}|for us|would be (?:nice|great|good|lovely|perfect)|today|will do))+\s*$",
    re.IGNORECASE,
)
_SOUND_SUFFIX = re.compile(
    r"\s+(?:sound effects?|sounds?|noises?|audio|audio clip|sfx|clip|sample|recording|effect)$", re.IGNORECASE
)
_ARTICLE = re.compile(
    r"^(?:the|a|an|any|some|every|each|that|this|all|all the|every single|just|only|solely|one|his|her|its|their|of)\s+",
    re.IGNORECASE,
)


def spoken_text(clause: str, masked: Masked) -> str | None:
    """Return what a clause wants said or sung, or None where it points at a text or has none."""
    if quotes := masked.quotes_in(clause):
        return quotes[-1] if len(quotes) == 1 else max(quotes, key=len)
    match = _SAY.search(clause)
    if match is None:
        return None
    content = _TRAILING_SAY.sub("", match["content"].strip()).strip(" .,;:")
    return masked.restore(content) if content and not is_reference(content) and not _only_manner(content) else None


def _only_manner(content: str) -> bool:
    return bool(
        re.match(
            r"^(?:out|aloud|loud|back|up|again|in|with|using|on|it|that|them|like|for me|to me|the (?:first|second|third|last|next|whole|translated|cleaned|new|previous)|from|this|these|both|each|every|my|his|her|what|whatever|as|so|about|at|a (?:song|lullaby|tune)|something|together|along|over|all|please|now|happy|sad|and)\b",
            content,
            re.IGNORECASE,
        )
    ) and not re.match(
        r"^(?:this is|that is|it is|it's|that's|happy \w+|my name|my \w+ (?:is|are)|all \w+ (?:is|are)|his \w+ is|her \w+ is|on (?:monday|tuesday|air))\b",
        content,
        re.IGNORECASE,
    )


def is_reference(text: str) -> bool:
    """Tell whether words point at something instead of naming it: "the transcript", "that sound", "something"."""
    return bool(_REFERENCE.match(text.strip()))


def sound_description(clause: str, masked: Masked) -> str | None:
    """Return the sound or music a clause wants made, or None where it names none."""
    if quotes := masked.quotes_in(clause):
        return quotes[0]
    text = strip_prefix(clause).strip(" .,;:?!")
    text = strip_durations(text)
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
            r"^(?:a|an|some|the)\s+(?=.*\b(?:music|song|beat|sounds?|noises?|sound effects?|jingle|melody|tune)$)",
            "",
            stripped,
            flags=re.IGNORECASE,
        )
    stripped = re.sub(
        r"^(?:text|text to audio|audio generation|sound effect|sfx|sound)\s*:\s*", "", stripped, flags=re.IGNORECASE
    )
    stripped = _TRAILING_SOUND.sub("", stripped)
    stripped = re.sub(r"(\w) (?:sound effect|sfx|sound clip|audio clip)$", r"\1", stripped.strip(" .,;:"))
    stripped = stripped.strip(" .,;:?!")
    if (
        not stripped
        or is_reference(stripped)
        or re.fullmatch(
            rf"(?:(?:a|an|the|some|any|new|another)\s+)*(?:{_SOUND_NOUN})(?: for me)?", stripped, re.IGNORECASE
        )
    ):
        return None
    return masked.restore(stripped)


def target_sound(clause: str, masked: Masked) -> str | None:
    """Return the sound a clause wants found or taken out, without article, or None where it names none."""
    if quotes := masked.quotes_in(clause):
        return quotes[0]
    text = strip_prefix(clause).strip(" .,;:?!")
    for pattern in _TARGET_PATTERNS:
        if match := pattern.search(text):
            found = _core(match["target"])
            if found:
                return masked.restore(found)
    return None


def _core(text: str) -> str | None:
    text = text.strip(" .,;:?!")
    previous = ""
    while previous != text:
        previous = text
        text = _TAIL.sub("", text).strip(" .,;:?!")
    previous = ""
    while previous != text:
        previous = text
        text = re.sub(
            r"^(?:the |a |any )?(?:sounds?|noises?|moments?|parts?|points?|track|occurrences?|instances?|voice track) (?:of|when|where|made by)\s+",
            "",
            text,
            flags=re.IGNORECASE,
        )
        text = _ARTICLE.sub("", text)
    text = (
        _SOUND_SUFFIX.sub("", text)
        if len(text.split()) > 1
        and not re.search(
            r"\b(?:loud|strange|weird|first|second|other|target|same|particular|certain|background|specific|reference|given)\s+\w+$",
            text,
            re.IGNORECASE,
        )
        else text
    )
    generic = r"(?:particular|certain|specific|target|same|given|reference|one|other|desired|wanted|required|single|second|first|more)?\s*(?:sounds?|noises?|source|target|event|thing|part|audio|one|ones|it|that|this|them|something|anything|everything|rest|moment|occurrence|recording|clip|bit|element|instrument|object)?"
    return None if not text or re.fullmatch(generic, text, re.IGNORECASE) or is_reference(text) else text


_TAIL = re.compile(
    rf"(?:\s+(?:out of|from|in|within|inside|of|throughout|during|on|across|through|off)\s+{_PLACE}"
    r"|[\s,]+(?:and|but|while|then)\s+(?:drop|remove|throw|delete|discard|nothing|mute|silence|get rid|leave|tell|give|when|its?|their|the (?:start|times?|onset|rest)|let|lose|ditch|suppress|forget|ignore|if so|save|keep)\b.*"
    r"|\s+(?:alone|only|by itself|by themselves|on (?:its|their|his|her) own|separately|isolated|in isolation|please|for me|exactly|first|actually|anywhere|somewhere|at any point|without .*|"
    r"as (?:a|its own|one|an isolated) .*|away|apart|out|into .*|with (?:its|the|their|start|onset|time)\w* .*|again|now|precisely|thanks|in time|at all|so that .*|to .*|everywhere|ever|in seconds|there|here|itself)"
    r"|\s+(?:sounds?|starts?(?: and (?:stops?|ends?))?|stops?|happens?|occurs?|go(?:es)? off|begins?(?: and ends?)?|comes? (?:in|up|on)|appears?|ends?|kicks? in|is|are|was|were|be|get|gets|can be|being)?\s*(?:heard|audible|present|found|detectable|start(?:s|ing|ed)?(?: and (?:stop|end)s?)?|happen(?:s|ing|ed)?|occur(?:s|ring|red)?|go(?:es|ing)? off|begins?(?: and ends?)?|appear(?:s|ing)?|stops?|ends?|comes? (?:in|up|on)|takes? place|set in|sets in|kicks? in|show(?:s)? up|sound(?:s|ing)?(?= *$)|play(?:s|ing)?(?= *$)|is|are|was|last|lasts)"
    r")\s*$",
    re.IGNORECASE,
)
_TARGET_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\beverything (?:but|except|other than|apart from|besides|that is not|that isn't)(?: for)?\s+(?P<target>.+)$",
        r"\b(?:all|anything) (?:but|except)\s+(?P<target>.+)$",
        r"\bso that only\s+(?P<target>.+?)\s+(?:remains?|is left|can be heard|stays?|survives?)",
        r"\b(?:keep|keeping|leave|leaving|retain|preserve|want|need|give|hear|send|get|have|care|interested)\b.*?\b(?:only|just|nothing but|solely)\s+(?:about\s+|in\s+|for\s+)?(?P<target>.+)$",
        r"\b(?:is|are|was|were) there\s+(?P<target>.+)$",
        r"\b(?:does|do|can|could|did)\s+(?:it|i|you|we|one|anyone|this|that|(?:the|this|my) \w+|FILE\d+)\s+(?:hear|detect|find|contain|have|catch|include|notice|spot)s?\s+(?P<target>.+)$",
        r"\b(?:contains?|includes?|features?)\s+(?P<target>.+)$",
        r"\b(?:when|where|at what time|what time|at which (?:second|point|moment|time)|at what (?:second|point|moment)|which second|how far in|from when to when|in which part)\b(?:\s+(?:exactly|in \S+(?: \w+)?|precisely))*\s+(?:does|do|did|is|are|was|were|can|could|will|would)\s+(?:i|you|we|one|there|it)?\s*(?:hear|find|detect)?\s*(?P<target>.+)$",
        r"\b(?:times?|timestamps?|moments?|seconds?|positions?|onsets?|offsets?|start and end|begin and end|beginning and end|occurrences?|instances?|location)\s+(?:of|for|at which|when|where|with)\s+(?P<target>.+)$",
        r"\b(?:if|whether)\s+(?:and when\s+)?(?:there (?:is|are|was)|i can hear|it (?:contains|has)|you (?:can )?hear|one can hear|we (?:can )?hear)?\s*(?P<target>.+)$",
        r"\b(?:when|where|at what time|at which (?:second|point|moment|time))\s+(?P<target>.+)$",
        r"\b(?:look|looking|search|searching|listen|listening|scan|scanning|check|watch|hunt|hunting)\b.*?\bfor\s+(?P<target>.+)$",
        r"\b(?:extraction|extract|detection|detect|separation|target)\s*(?:for|:|of)\s+(?P<target>.+)$",
        r"\bhow (?:long|often|many times)\s+(?:does|do|is|are|can i hear)\s+(?P<target>.+)$",
        r"\b(?:extract(?:ing)?|isolat(?:e|ing)|pull(?:ing)?(?: out)?|tak(?:e|ing)(?: out)?|get(?:ting)?(?: out)?|lift(?: out)?|carve out|cut out|fish(?: out)?|pick out|single out|separate out|grab|retrieve|keep|keeping|leave|retain|preserve|filter out|"
        r"separat(?:e|ing)|split(?: off)?|detach|part|solo|find|finding|locat(?:e|ing)|pinpoint|spot|detect(?:ing)?|mark|track down|identify|determine|notice|tease out|distil|distill|rescue|salvage)\s+(?:me\s+|out\s+)?(?P<target>.+)$",
        r"\b(?:there(?:'s| is| are)|one hears|you hear|we hear)\s+(?P<target>.+?)(?:,|\.|$)",
        r"\b(?:give|hand|send|bring|show|tell)\s+(?:me|us)\s+(?P<target>.+)$",
        r"\b(?:want|need|like|love)(?: to (?:have|hear|know))?\s+(?P<target>.+)$",
        r"^(?:just |only )?(?P<target>.+)$",
    )
)
