"""How a step is to be done beside what it works on: pace, voice, word times, model, format, mix.

What an argument takes becomes one; the rest is told in the reply.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm_planner.offline.arguments.voices import find_voice
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lists import mentions, names, phrases, words
from llm_planner.offline.words.times import with_digits
from llm_planner.plans.plan import Plan, Step
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.tasks import TASKS

SPEAKING = frozenset({"text-to-speech", "speech-translation", "singing-synthesis"})
"""Tasks whose voice nobody gives as a recording."""
DOWNLOADS = ("wav", "flac", "mp3")  # formats in which every sound can be fetched
_NUMBERED_PACE = re.compile(
    r"(?<!\w)(?:(?P<name>speed|rate|pace) ?(?:of|=|:|to|at)? ?)?(?P<count>\d{1,3}(?:\.\d{1,3})?)"
    r" ?(?P<percent>%|percent|per cent)? ?(?:x|times)? ?(?:(?:of )?(?:the |its |as )?(?:normal |usual )?"
    r"(?P<way>slower|faster|quicker|fast|quick|speed|pace|rate|normal|usual))?",
    re.IGNORECASE,
)
"""Ways to say in numbers how fast to speak: "20 % slower", "1.5 x speed", "rate=0.8"."""
_PEOPLE = ("lady", "man", "woman", "girl", "boy", "child", "kid", "narrator", "robot")
_PERSON = "|".join(_PEOPLE)
_SPEAKS = ("say", "speak", "read", "announc", "shout", "whisper", "tell")
VOICE = re.compile(
    rf"(?<!\w)(?:(?:in|with|by|using) )?an? (?P<kind>(?:[\w'-]+,? ){{0,5}}?(?:{_PERSON}|voice|accent|tone|pitch)(?:'s)?"
    r"(?: voice| accent)?)\b(?! (?:in|of|from|on|sample))",
    re.IGNORECASE,
)
"""A voice told in words: "in a British male voice", "a deep gravelly man"."""
FORMAT = re.compile(r"\b(?:as|in|to|format)[ =](?:an? )?(?P<format>mp3|wav|flac|ogg|opus|aac|m4a|wma)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Manner:
    """A plan whose steps are done as was wished, and sentences on what of the wishes no step can do."""

    plan: Plan
    notes: tuple[str, ...] = ()


def find_speed(text: str) -> tuple[float, str] | None:
    """Return how fast a voice is to speak, 1 being normal, and the words that say so: "slowly" is 0.75."""
    digits = with_digits(text)
    for numbered in _NUMBERED_PACE.finditer(digits):
        if numbered["way"] or numbered["name"]:
            return _by_number(numbered), numbered[0]
    for name in names("paces"):
        if match := phrases("paces", name).search(digits):
            return float(name), match[0]
    return None


def _by_number(match: re.Match[str]) -> float:
    count = float(match["count"])
    if not match["percent"]:
        return count
    change = {"slower": -1, "faster": 1, "quicker": 1}.get((match["way"] or "").lower())
    return count / 100 if change is None else round(1 + change * count / 100, 3)


def wants_word_times(text: str) -> bool:
    """Tell whether a transcript is to say when each word is spoken, as subtitles do."""
    return mentions("word_times", text)


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
    wishes = list(_voices(text)) if step.task == "text-to-speech" else []
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
        wishes = [] if voiced else list(_voices(text))
        wishes += [match[0] for match in phrases("moods").finditer(text)] + _as_if(text)
        yield from (wish for wish in wishes if not find_languages(wish).target)
    if (speed := find_speed(text)) and speaking and "text-to-speech" not in tasks:
        yield speed[1]
    made = [step for step in plan.steps if TASKS[step.task].output_kind == "audio" and not step.depends_on]
    if len(made) > 1 and (mix := phrases("mixes").search(text)):
        yield f"{mix[0]}; they are separate files"
    if wants_word_times(text) and "speech-translation" in tasks and "speech-recognition" not in tasks:
        yield "times for the translation"


def _voices(text: str) -> Iterator[str]:
    """Yield the voices that are told in words which say something: "a computer voice" says nothing."""
    for match in VOICE.finditer(text):
        first, *rest = match["kind"].casefold().split()
        alone = first in _PEOPLE and not rest and not text[match.end() :].strip().startswith(_SPEAKS)
        if first not in words("plain_voices") and not alone:
            yield match[0]


def _as_if(text: str) -> list[str]:
    """Return "as if you were angry", up to the next mark."""
    return [text[match.start() :].split(",")[0].rstrip(" .!") for match in phrases("as_if").finditer(text)][:1]


def _format(text: str) -> tuple[str, ...]:
    match = FORMAT.search(text)
    if match is None:
        return ()
    wanted, offered = match["format"].upper(), ", ".join(DOWNLOADS).upper()
    if match["format"].lower() in DOWNLOADS:
        return (f"Choose {wanted} when you download it.",)
    return (f"I could not do: {match[0]}; sounds can be downloaded as {offered}.",)
