"""The words that point at something: positions, origins, what a task has made."""

import re

from llm_planner.offline.words.lexicon import words

ORDINALS = {
    "first": 0,
    "1st": 0,
    "former": 0,
    "second": 1,
    "2nd": 1,
    "other": 1,
    "latter": -1,
    "last": -1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
    "final": -1,
}
_ITEM = (
    r"(?:one|ones|speakers?|voices?|persons?|people|talkers?|tracks?|recordings?|files?|clips?|audios?|audio files?|"
    r"sounds?|parts?|man|woman|men|guys?|wavs?|"
    r"of (?:them|these|those|the)|pictures?|images?|photos?|transcripts?|results?|outputs?|samples?|attachments?|"
    r"uploads?|singers?|stems?|channels?|texts?|separated \w+|songs?|person'?s \w+|speaker'?s \w+)"
)
ORDINAL = re.compile(
    rf"\b(?P<word>{'|'.join(ORDINALS)})\b(?:\s+(?:separated|isolated|attached|uploaded|audio|"
    rf"extracted))?(?:\s+{_ITEM}\b|(?=\s*(?:$|[.,;?!]|(?:in|into|to|on|at|as|by|behind|and|from|for|with|aloud|out|"
    r"too|also|through)\b))|(?:(?<=for the first)|(?<=for the second)|(?<=for the other)|"
    r"(?<=for the third)),?\s+(?=(?:an?|the|just|only)\b))",
    re.IGNORECASE,
)
ONE = re.compile(
    r"^(?:\w+ )?\bone(?: of (?:them|the \w+))? (?=(?:in|to|on|at|into|from|as|with|behind)\b)", re.IGNORECASE
)
"""The one of "put one on my left and the other on my right"."""
NUMBERED = re.compile(
    r"\b(?-i:(?!FILE\d))(?:speaker|voice|track|file|recording|number|clip|person|talker|part|audio|no\.?|#)\s*(?:#|"
    r"number\s*|"
    r"no\.?\s*)?(?P<number>\d|one|two|three|four)\b",
    re.IGNORECASE,
)
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
ALL = re.compile(
    r"\b(?:each|both|every|all|them|either|these|those|their|everyone|everybody|the two|the three|the (?:speakers|"
    r"voices|transcripts|tracks|results|clips|recordings|files|parts|translations|people))\b",
    re.IGNORECASE,
)
ORIGINAL = re.compile(
    r"\b(?:original|unprocessed|untouched|uncleaned|raw|initial|unmodified|as recorded)\b(?!\s+(?:voice|speaker|"
    r"language|text|singer))",
    re.IGNORECASE,
)
UPLOAD = re.compile(
    r"\b(?:my (?:own )?(?:upload|recording|file|audio|clip|attachment|memo|voice memo)|(?:i|we) (?:uploaded|sent|"
    r"attached|gave)|(?:the )?attached|uploaded|the (?:recording|attachment))\b",
    re.IGNORECASE,
)
EARLIER = re.compile(
    r"\b(?:before|earlier|previous(?:ly)?|last time|the other day|again|prior|from (?:the|our) (?:start|beginning)|"
    r"at the (?:start|beginning)|back then|old|older|beginning|a while ago)\b",
    re.IGNORECASE,
)
VERSION_BEFORE = re.compile(
    r"\b(?:version|one|file|step|take) before(?=\W*$| (?:that|it|this|the last)\b)|\b(?:previous|last but one|earlier|"
    r"preceding) (?:version|file|take)\b",
    re.IGNORECASE,
)
THIS = re.compile(r"\b(?:this|these|attached|enclosed|uploaded|here)\b", re.IGNORECASE)
YOU_MADE = re.compile(r"\byou(?:'ve| have)? (?:just )?(?:made|generated|created|produced|cleaned)\b", re.IGNORECASE)
BY_TASK: tuple[tuple[str, frozenset[str]], ...] = (
    (r"translat\w+|translated (?:text|version|sentence)", frozenset({"speech-translation"})),
    (
        r"transcri(?:pt|ption|pts|bed)\w*|what (?:was|is|they|he|she) (?:said|say)\w*|the words",
        frozenset({"speech-recognition"}),
    ),
    (r"captions?|descriptions?|described", frozenset({"audio-captioning"})),
    (
        r"(?:clean(?:ed)?|denoised|enhanced|noise-free|cleaner|clear|polished)(?: up)?(?: (?:version|audio|"
        r"recording|speech|clip|file|one|voice|copy|track|sound))?",
        frozenset({"speech-enhancement"}),
    ),
    (r"binaural|spatial\w*|3d|surround", frozenset({"mono-to-binaural"})),
    (r"(?:repaired|inpainted|restored|filled|reconstructed|fixed|patched)", frozenset({"audio-inpainting"})),
    (r"(?:extracted|isolated)", frozenset({"sound-extraction"})),
    (r"(?:separated|split)", frozenset({"speech-separation"})),
    (r"(?:sung|singing|song|melody|tune|sang)", frozenset({"singing-synthesis"})),
    (
        r"(?:synthesi[sz]ed (?:speech|voice|audio)|spoken (?:version|text|audio)|read-?aloud|voice ?over|narration|"
        r"you (?:said|read|spoke))",
        frozenset({"text-to-speech", "style-transfer"}),
    ),
    (r"(?:speech|sentence|spoken (?:message|words)|voice clip)", frozenset({"text-to-speech", "style-transfer"})),
    (r"(?:cloned|imitated|converted voice|style-transferred)", frozenset({"style-transfer"})),
    (
        r"(?:generated|created|made|produced|synthetic) (?:sound|audio|clip|music|one|noise)|sound effect|music|"
        r"soundscape|(?:sound|audio|music|clip) you (?:made|generated|created|produced)|background sound",
        frozenset({"text-to-audio", "image-to-audio"}),
    ),
    (r"video|talking head|clip of the face", frozenset({"talking-head-synthesis"})),
    (
        r"(?:picture|image|photo)(?:'s)? (?:sound|audio)|(?:sound|audio) (?:of|from|for) the (?:picture|image|"
        r"photo)",
        frozenset({"image-to-audio"}),
    ),
)
CORRECTION = re.compile(
    r".*[,;–-]\s*(?:i mean(?:t)?|or rather|rather|sorry|no,? wait|wait|no|correction|make that|that is)\s*[,:]?\s+",
    re.IGNORECASE,
)
"""What comes after "I mean" counts, not what was said before."""
PICTURE_ATTACHED = re.compile(
    r"\b(?:pic\w*|photo\w*|image|portrait|drawing|face)(?:\s+is)?\s+(?:attached|uploaded|enclosed)\b|\b(?:attached|"
    r"uploaded|"
    r"enclosed)\s+(?:\w+\s+)?(?:pic\w*|photo\w*|image|portrait|drawing|face|still)\b",
    re.IGNORECASE,
)
STOP = words(
    "the a an of to in on it this that and for with from is me my make file audio recording sound clip voice speech "
    "text generate create say one first second last before earlier previous again turn into what you i song music "
    "wav mp3 please now result output"
)
