"""How a step is to be done beside what it works on: pace, voice, word times, model, format, mix.

What an argument takes becomes one; the rest is told in the reply.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from llm_planner.offline.arguments.voices import find_voice
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.times import with_digits
from llm_planner.plans.plan import Plan, Step
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.tasks import TASKS

SPEAKING = frozenset({"text-to-speech", "speech-translation", "singing-synthesis"})
"""Tasks whose voice nobody gives as a recording."""
DOWNLOADS = ("wav", "flac", "mp3")  # formats in which every sound can be fetched
_NUMBER = r"(?P<count>\d+(?:\.\d+)?)"
_SPEEDS: tuple[tuple[re.Pattern[str], float | None], ...] = tuple(
    (re.compile(rf"\b{pattern}", re.IGNORECASE), value)
    for pattern, value in (
        (r"half (?:the |its |as )?(?:normal |usual |original )?(?:speed|pace|fast|quick)\b|twice as slow", 0.5),
        (r"double (?:the )?(?:normal )?(?:speed|pace)\b|twice (?:as (?:fast|quick)|the speed)", 2.0),
        (r"(?:very|really|extra|extremely|super|painfully) slow|slower than slow", 0.6),
        (r"(?:very|really|extra|extremely|super) (?:fast|quick)", 1.5),
        (rf"{_NUMBER}\s*(?:%|percent|per cent) slower", None),
        (rf"{_NUMBER}\s*(?:%|percent|per cent) (?:faster|quicker)", None),
        (rf"{_NUMBER}\s*(?:%|percent|per cent) (?:of )?(?:the |its )?(?:normal |usual )?(?:speed|pace|rate)\b", None),
        (rf"(?:speed|rate|pace)\s*(?:of|=|:|to|at)?\s*{_NUMBER}\s*(?:%|percent)?", None),
        (rf"{_NUMBER}\s*(?:x|times)?\s*(?:the )?(?:normal |usual )?(?:speed|pace)\b", None),
        (rf"{_NUMBER}\s*(?:x|times) (?:as )?(?:(?:fast|quick)(?:er)?|(?:the )?(?:normal|usual)(?: speed)?)\b", None),
        (r"(?:a (?:bit|little)|slightly|somewhat) slower", 0.85),
        (r"(?:a (?:bit|little)|slightly|somewhat) (?:faster|quicker)", 1.15),
        (r"slow(?:ly|er)?\b", 0.75),
        (r"(?:faster|quick(?:ly|er)|fast (?:voice|pace|speech))\b", 1.25),
    )
)
"""Ways to say how fast to speak, 1 being normal, the clearest first; None where a number says it."""
_SPEEDS_BY_NUMBER: dict[str, Callable[[float], float]] = {
    "slower": lambda n: 1 - n / 100,
    "faster": lambda n: 1 + n / 100,
    "quicker": lambda n: 1 + n / 100,
}
_WORD_TIMES = re.compile(
    r"\b(?:subtitles?|srt|vtt|time-?(?:stamps?|codes?|d words)|word[- ](?:level[- ])?tim(?:es?|ings?)|"
    r"(?:times?|timings?) (?:for|of|beside|next to|with|at|on) (?:each|every|all|the) (?:single )?words?)\b",
    re.IGNORECASE,
)
_PLAIN_VOICES = (
    "a an the any some one computer synthetic synthesised synthesized machine neutral standard normal natural "
    "default stock plain clear proper human artificial generated recorded singing speaking good nice same his her my "
    "our their your its this that those each both every second first other loud spoken own cloned another separate "
    "new guide temp"
)
"""Words that say nothing about a voice: "a computer voice"."""
_PERSON = "lady|man|woman|girl|boy|child|kid|narrator|robot"
_VOICE = re.compile(
    r"\b(?:(?:in|with|by|using) )?an? "
    rf"(?:(?!(?:{'|'.join(_PLAIN_VOICES.split())})\b)[\w'-]+,? (?:and )?){{1,4}}"
    rf"(?:voice|accent|tone|pitch|{_PERSON})\b(?! (?:in|of|from|on|sample))|"
    rf"\ban? (?:{_PERSON})(?:'s)?(?: voice| accent)?(?= (?:say|speak|read|announc|shout|whisper|tell)\w*)",
    re.IGNORECASE,
)
"""A voice told in words: "in a British male voice", "a deep gravelly man"."""
_MOOD = re.compile(
    r"\b(?:angrily|furiously|sadly|happily|cheerfully|excitedly|dramatically|softly|loudly|whisper(?:ed|ing)?|shouting|"
    r"(?:with|full of) (?:lots of |much |great |more )?(?:energy|emotion|feeling|enthusiasm|anger|joy|passion)|"
    r"(?:as if|as though|like) (?:you|he|she|they)(?:'re| are| were| was| is) [\w' ]{2,30}?(?=[,.;!]|$))",
    re.IGNORECASE,
)
_FORMAT = re.compile(
    r"\b(?:as|in|to|format)[ =](?:an? )?(?P<format>mp3|wav|flac|ogg|opus|aac|m4a|wma)\b", re.IGNORECASE
)
_MIX = re.compile(
    r"\b(?:in|as) the background\b|\b(?:mix|blend|merge|combine|layer)\w* (?:the two|both|them|it all|these)\b[^.,;!]*|"
    r"\b(?:on top of|over|underneath|under) (?:it|that|this)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Manner:
    """A plan whose steps are done as was wished, and sentences on what of the wishes no step can do."""

    plan: Plan
    notes: tuple[str, ...] = ()


def find_speed(text: str) -> tuple[float, str] | None:
    """Return how fast a voice is to speak, and the words that say so: "slowly" is 0.75."""
    digits = with_digits(text)
    for pattern, value in _SPEEDS:
        if match := pattern.search(digits):
            return value or _by_number(match), match[0]
    return None


def _by_number(match: re.Match[str]) -> float:
    count = float(match["count"])
    percent = "%" in match[0] or "percent" in match[0].lower()
    comparison = next((word for word in _SPEEDS_BY_NUMBER if match[0].lower().endswith(word)), None)
    if percent and comparison:
        return round(_SPEEDS_BY_NUMBER[comparison](count), 3)
    return count / 100 if percent else count


def wants_word_times(text: str) -> bool:
    """Tell whether a transcript is to say when each word is spoken, as subtitles do."""
    return bool(_WORD_TIMES.search(text))


def honour(plan: Plan, text: str, catalog: Catalog) -> Manner:
    """Return a plan on the models that a request names, and what it wishes in vain.

    Args:
        plan: The steps with their arguments.
        text: The request, quotes and file names replaced.
        catalog: Models in service.
    """
    steps = tuple(_voiced(_on_named_model(step, text, catalog), text, catalog) for step in plan.steps)
    plan = Plan(steps=steps)
    return Manner(plan, tuple(f"I could not do: {wish}." for wish in _in_vain(plan, text)) + _format(text))


def named_model(task: str, text: str, catalog: Catalog) -> str | None:
    """Return the model of a task that a text wants used, by its id, its title or the first word of either."""
    for entry in catalog.for_task(task):
        names = {entry.id, entry.card.title, re.split(r"[\s-]", entry.id)[0], entry.card.title.split()[0]}
        spelled = "|".join(
            re.escape(n).replace(r"\-", "[ -]?").replace(r"\ ", "[ -]?") for n in sorted(names, key=len)[::-1]
        )
        if re.search(
            rf"\b(?:use|using|with|via|through|on|take)\b (?:the |your |model )*(?:{spelled})\b", text, re.IGNORECASE
        ):
            return entry.id
    return None


def _on_named_model(step: Step, text: str, catalog: Catalog) -> Step:
    model = named_model(step.task, text, catalog)
    return step.model_copy(update={"model": model}) if model else step


def _voiced(step: Step, text: str, catalog: Catalog) -> Step:
    """Speak a step with the voice that is wished for, where a model has it."""
    language = str(step.arguments.get("language") or "en")
    wishes = [match[0] for match in _VOICE.finditer(text)] if step.task == "text-to-speech" else []
    found = find_voice(" ".join(wishes), language, catalog) if wishes and step.model is None else None
    if found is None:
        return step
    model, voice = found
    return step.model_copy(update={"model": model, "arguments": {**step.arguments, "voice": voice}})


def _in_vain(plan: Plan, text: str) -> Iterator[str]:
    tasks = [step.task for step in plan.steps]
    speaking = [
        step
        for step in plan.steps
        if step.task in SPEAKING and (step.task != "speech-translation" or step.arguments.get("speak"))
    ]
    if speaking:
        voiced = any("voice" in step.arguments for step in speaking)
        patterns = (_MOOD,) if voiced else (_VOICE, _MOOD)
        wishes = (match[0] for pattern in patterns for match in pattern.finditer(text))
        yield from (wish for wish in wishes if not find_languages(wish).target)
    if (speed := find_speed(text)) and speaking and "text-to-speech" not in tasks:
        yield speed[1]
    made = [step for step in plan.steps if TASKS[step.task].output_kind == "audio" and not step.depends_on]
    if len(made) > 1 and (mix := _MIX.search(text)):
        yield f"{mix[0]}; they are separate files"
    if wants_word_times(text) and "speech-translation" in tasks and "speech-recognition" not in tasks:
        yield "times for the translation"


def _format(text: str) -> tuple[str, ...]:
    match = _FORMAT.search(text)
    if match is None:
        return ()
    wanted, offered = match["format"].upper(), ", ".join(DOWNLOADS).upper()
    if match["format"].lower() in DOWNLOADS:
        return (f"Choose {wanted} when you download it.",)
    return (f"I could not do: {match[0]}; sounds can be downloaded as {offered}.",)
