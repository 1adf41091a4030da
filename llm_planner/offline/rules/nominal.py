"""Requests made of nouns: names of tasks ("style transfer with FILE0"), things announced and then listed."""

import re

from llm_planner.offline.rules.verb_forms import continued
from llm_planner.offline.words.lexicon import is_command, strip_prefix
from model_wrappers.contract.tasks import TASKS

_FIELD = (
    r"(?:target|speech|voice|singing|audio|sound|event|noise|style|talking|head|lip|speaker|source|text|image|picture|"
    r"mono|binaural|face)"
)
_PROCESS = (
    r"(?:recognition|translation|transfer|enhancement|separation|inpainting|extraction|detection|synthesis|captioning|"
    r"suppression|reduction|removal|conversion|rendering|generation|transcription|animation)"
)
_NAME = (
    rf"(?:(?:{_FIELD}[- ]){{1,3}}{_PROCESS}|(?:text|speech|image|picture|mono)[- ]?(?:to|2)[- ]?(?:text|speech|audio|"
    r"sound|binaural)(?:[- ]translation)?|asr|stt|sep|tts|tta|denoising|transcription|captioning|inpainting|"
    r"spatiali[sz]ation|talking[- ]head)"
)
TASK_NAME = re.compile(rf"\b{_NAME}\b", re.IGNORECASE)
"""What the field calls a task."""
NAMED_TASK = re.compile(
    rf"^(?:(?:an?|the|some|again|also)\s+)?(?P<name>{_NAME})(?=\s*(?:$|[.,;:!?(]|(?:of|on|for|from|with|to|in|into|"
    rf"at|by|over|"
    r"and|then|please|only|QUOTE\d+|FILE\d+)\b))",
    re.IGNORECASE,
)
"""A task asked for by its name alone, without a verb."""
_APPLIED = re.compile(r"^(?:run|do|apply|perform|use|start)\s+", re.IGNORECASE)
_ALIASES = {
    "asr": "speech-recognition",
    "stt": "speech-recognition",
    "sep": "speech-separation",
    "speech-to-text": "speech-recognition",
    "transcription": "speech-recognition",
    "speech-to-text-translation": "speech-translation",
    "tts": "text-to-speech",
    "tta": "text-to-audio",
    "text-to-sound": "text-to-audio",
    "image-to-sound": "image-to-audio",
    "picture-to-audio": "image-to-audio",
    "picture-to-sound": "image-to-audio",
    "denoising": "speech-enhancement",
    "noise-reduction": "speech-enhancement",
    "noise-removal": "speech-enhancement",
    "noise-suppression": "speech-enhancement",
    "captioning": "audio-captioning",
    "inpainting": "audio-inpainting",
    "sound-event-detection": "sound-detection",
    "event-detection": "sound-detection",
    "audio-event-detection": "sound-detection",
    "talking-head": "talking-head-synthesis",
}
_LABEL = re.compile(rf"^{_NAME}\s*:\s+(?P<rest>.+)$", re.IGNORECASE | re.DOTALL)
_COUNT = r"(?:two|three|four|five|several|some|a few|the following|\d)"
_ANNOUNCED = re.compile(
    rf"^(?P<lead>.*?)\b{_COUNT}\s+(?:[\w-]+\s+){{0,2}}?(?:things|items|results|outputs|files|jobs|tasks|steps|requests|"
    r"wishes|deliverables|products|pieces)\b[^:.]{0,60}[:.]\s+(?P<items>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_ITEM = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+(?=(?:the|an?|its|one|separately|also)\b)|\s*[;.]\s+", re.IGNORECASE)
_LAST_CLAUSE = re.compile(r"[.;,]\s+(?:and\s+)?(?:then\s+)?|\s+(?:and|then)\s+(?:then\s+)?", re.IGNORECASE)
_ENUMERATOR = re.compile(
    r"^(?:(?:and|also|plus|then|separately|secondly|thirdly|firstly|finally|lastly)[\s,]+)*"
    r"(?:(?:the\s+)?(?:one|other|first|second|third|last|another|next)(?:\s+one)?\s+(?:is|being|should be|to be)\s+)?"
    r"(?:separately\s+)?",
    re.IGNORECASE,
)


def named_task(text: str) -> str | None:
    """Return the task that a text asks for by its name, or None."""
    match = NAMED_TASK.match(_APPLIED.sub("", strip_prefix(text)))
    if match is None:
        return None
    name = re.sub(r"[- ]+", "-", re.sub(r"(?<=[a-z])2(?=[a-z])", "-to-", match["name"].lower()))
    return name if name in TASKS else _ALIASES.get(name)


def without_label(sentence: str) -> str:
    """Drop the name of a task that stands before the command it sums up: "style transfer: say it like her"."""
    match = _LABEL.match(sentence)
    return match["rest"] if match and is_command(match["rest"]) else sentence


def listed(text: str) -> str:
    """Spell out "I need two things: the words, and a list of the sounds" as one wish after another."""
    match = _ANNOUNCED.match(text)
    if match is None:
        return text
    lead = strip_prefix(match["lead"])
    before = (
        [lead[: max(cut.end() for cut in _LAST_CLAUSE.finditer(lead))].strip(" ,;.")]
        if _LAST_CLAUSE.search(lead)
        else []
    )
    if is_command(match["items"]):
        return ". ".join([*before, match["items"]])
    items = [_ENUMERATOR.sub("", item).strip(" .") for item in _ITEM.split(match["items"])]
    return ". ".join([*before, *(_wish(item) for item in items if item)])


def _wish(item: str) -> str:
    command = continued(item)
    return command if command != item or is_command(item) else f"I need {item}"
