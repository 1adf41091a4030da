"""What is said without a plan: questions for what is missing, and small talk."""

import re

from llm_planner.plans.plan import Chat
from llm_planner.replies.answer import introduce
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.sessions import Session

_QUESTIONS = {
    "audio": "Which audio should I use? Please attach a recording, or name one from before.",
    "image": "Which picture should I use? Please attach one.",
    "reference": "Whose voice should I use? Please attach a recording of it.",
    "text": "Which text should I use? Please write it, in quotes if you like.",
    "target": "Which sound do you mean? Please name it, e.g. dog barking.",
    "target_language": "Into which language should I translate?",
    "start": "Which part should I fill in? Please give its start and end, e.g. 1.2 to 1.8 s.",
    "end": "Where does the part to fill in end? Please give its start and end, e.g. 1.2 to 1.8 s.",
    "lyrics": "What should I sing? Please give the lyrics.",
    "notes": "On which notes should I sing it? Please give one note a syllable, e.g. C4 D4 E4, and their durations.",
    "durations": "How long is every note? Please give one duration in seconds for each, e.g. 0.5 0.5 1.",
}
_OVERRIDES = {("text-to-audio", "text"): "Which sound or music should I make? Please describe it."}
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|cheers|great|perfect|awesome|good job|nice|cool|well done|excellent|lovely|"
    r"wonderful|amazing)\b",
    re.IGNORECASE,
)
_BYE = re.compile(r"\b(?:bye|goodbye|see you|good night|that's all|that is all|ciao)\b", re.IGNORECASE)
_CANCEL = re.compile(r"\b(?:never ?mind|forget (?:it|that)|cancel|no thanks|stop)\b", re.IGNORECASE)


def question(task: str, missing: tuple[str, ...]) -> str:
    """Return the question that asks for what a task lacks."""
    asked = [_OVERRIDES.get((task, name)) or _QUESTIONS.get(name, f"Please give '{name}'.") for name in missing]
    if "start" in missing and "end" in missing:
        asked.remove(_QUESTIONS["end"])
    return " ".join(dict.fromkeys(asked))


def chat(text: str, catalog: Catalog) -> Chat:
    """Answer a message that needs no model."""
    if _CANCEL.search(text):
        return Chat(reply="All right, I leave it.")
    if _BYE.search(text):
        return Chat(reply="Goodbye! Your session keeps its files until they expire.")
    if _THANKS.search(text) and "?" not in text:
        return Chat(reply="You're welcome. Is there anything else I can do with audio for you?")
    return Chat(reply=introduce(catalog))


def tell_versions(session: Session) -> str:
    """Say that nothing is lost, and how the version before the last is called."""
    made = [row.name for row in session.artifacts if row.origin != "speech"]
    if len(made) < 2:
        return "Nothing is lost: what you sent is as it was."
    return f"Nothing is lost: the version before {made[-1]} is {made[-2]}. Name it and say what to do with it."
