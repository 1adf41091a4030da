"""Which task each clause asks for, given what there is to work on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from llm_planner.offline.rules.classifier import TaskClassifier
from llm_planner.offline.rules.clauses import Clause
from llm_planner.offline.rules.nominal import named_task
from llm_planner.offline.sources.collected import Sources
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lexicon import is_command, is_question, strip_prefix
from llm_planner.offline.words.masking import Masked
from model_wrappers.contract.tasks import TASKS

CONFIDENT = 0.25  # least probability of a task; below it the request is not understood
COHERENT = 0.25  # least probability of the task of the clause before, for a clause that is not understood alone
NAMED = 4.0  # weight of a task called by its name, beside probabilities that sum up to about one
JOINT_CONFIDENT = 0.5  # the same for two clauses read as one
MORE_CONFIDENT = 0.6  # the same for two clauses that may be one
WORDED = frozenset({"text-to-speech", "text-to-audio", "singing-synthesis", "style-transfer"})
"""Tasks whose clauses hold free text, in which "and" joins anything."""
SURE = 0.85  # from here on a clause that asks for something impossible is no part of its neighbour
STATEMENT_CONFIDENT = 0.5  # the same for a statement: it must describe a problem one task solves
CONTEXT_SHARE = 0.65  # weight of the clause read together with the statements around it
AFTERTHOUGHT_SHARE = 0.3  # the same where the statements follow a clause that is clear alone
IMPOSSIBLE = 0.7  # least probability that a piece of a request asks for what nothing does
_EXCLUDES = re.compile(
    r"\b(?:don't|do not|not|no|never|without|needn't|instead|ignore|skip|leave|suggest\w*|said|wanted|asked|"
    r"should have)\b",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"\b(?:picture|image|photo\w*|drawing|painting|portrait|snapshot|frame|postcard|selfie|sketch|png|jpe?g|FILE)\b",
    re.IGNORECASE,
)
_FACE = re.compile(
    rf"\b(?:face|facial|avatar|video|lips?|lip-?sync\w*|animat\w+|talking head|statue)\b|{_PICTURE.pattern}",
    re.IGNORECASE,
)
_SONG = re.compile(
    r"\bs[aiu]ng|\bsong|\blyric|\bnotes?\b|\bmelod|\bvocali[sz]|\bcroon|\bhum\b|\bchant|\bscore\b|\btune\b|"
    r"\bsheet\b|\bmidi\b|\bmusicxml\b|\bpitch|QUOTE|\b[A-G][#b]?\d\b|\bintone",
    re.IGNORECASE,
)
_HEARS = re.compile(
    r"^(?:can|could|do|did|does|will|would)\s+(?:you|i|we|one)\s+(?:also\s+)?(?:hear|detect|notice|recogni[sz]e|"
    r"find|spot|perceive|make out)\b",
    re.IGNORECASE,
)
_THE_REST = re.compile(
    r"^(?:remove|drop|delete|mute|discard|throw|silence|lose|kill|forget|get rid of|ignore|cut)\b.*\b(?:everything "
    r"else|the rest|all (?:the )?others?|other sounds|all else)\b",
    re.IGNORECASE,
)
_REMOVES = re.compile(
    r"\b(?:get(?:ting)? rid of|remov\w+|eliminat\w+|suppress\w*|take (?:\w+ ){1,4}away|"
    r"filter (?:\w+ ){1,4}(?:away|out of))\b"
    r"(?!.*\b(?:except|everything|all but|but the|other than|the rest)\b)",
    re.IGNORECASE,
)
_NAMES_LANGUAGE = re.compile(r"^(?!.*\btranscri).*\b(?:in|into) [A-Z]?[a-z]+\b", re.IGNORECASE)
_POINTS_BACK = re.compile(r"^[a-z]+\s+(?:it|this|that|them)\b", re.IGNORECASE)
_SAYS = re.compile(r"^(?:say|tell|announce|read|shout|speak|pronounce|narrate|whisper|inform|sing)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """A clause, what it asks for (a task, `chat`, `nothing` or `unsupported`) and the tasks that come nearest.

    `confidence` is the probability of the likeliest label, `task_confidence` that of the nearest task.
    """

    clause: Clause
    label: str
    confidence: float
    task_confidence: float
    nearest: tuple[str, ...]


class Judge:
    """Weigh the head's probabilities with what the request's media allow."""

    def __init__(self, classifier: TaskClassifier) -> None:
        """Take the trained head."""
        self._classifier = classifier

    def judge(self, clauses: Sequence[Clause], masked: Masked, sources: Sources) -> list[Verdict]:
        """Return a verdict for every clause that asks for something."""
        clauses = [clause for clause in clauses if re.search(r"[a-z]", clause.text, re.IGNORECASE)]
        if len(clauses) > 1 and all(clause.mood == "statement" for clause in clauses):
            whole = self._alone(clauses, masked, sources)
            parts = {
                part.label for part in self._in_order(clauses, masked, sources) if part.confidence >= MORE_CONFIDENT
            }
            if whole.label in TASKS and len(parts & TASKS.keys()) < 2:
                return [whole]
        verdicts = self._in_order(clauses, masked, sources)
        asking = [v for v in self._understood(verdicts, masked, sources) if v.label != "nothing"]
        return asking or ([self._alone(clauses, masked, sources)] if clauses else [])

    def _alone(self, clauses: Sequence[Clause], masked: Masked, sources: Sources) -> Verdict:
        """Judge clauses as the one thing a request asks for."""
        return self._one(reduce(Clause.joined, clauses), masked, sources, set(), alone=True)

    def _in_order(self, clauses: Sequence[Clause], masked: Masked, sources: Sources) -> list[Verdict]:
        verdicts: list[Verdict] = []
        made: set[str] = set()
        for clause in clauses:
            if verdicts and verdicts[-1].label == "sound-extraction" and _THE_REST.match(strip_prefix(clause.text)):
                continue
            verdict = self._one(clause, masked, sources, made, alone=len(clauses) == 1)
            if clause.link and verdicts:
                joined = self._one(verdicts[-1].clause.joined(clause), masked, sources, made)
                if not _asks_more(verdicts[-1], verdict, joined):
                    verdicts[-1] = joined
                    continue
            verdict = _coherent(verdict, verdicts)
            if verdicts and _continues(verdicts[-1], verdict, masked):
                verdicts[-1] = _merged(verdicts[-1], clause)
                continue
            verdicts.append(verdict)
            if verdict.label in TASKS:
                made.add(TASKS[verdict.label].output_kind)
        return verdicts

    def _understood(self, verdicts: list[Verdict], masked: Masked, sources: Sources) -> list[Verdict]:
        """Join what is not understood alone with a neighbour, where both together are one clear request."""
        place = 0
        while place < len(verdicts):
            if verdicts[place].label in TASKS or verdicts[place].label == "chat":
                place += 1
                continue
            joints = [self._joint(verdicts, left, masked, sources) for left in (place - 1, place)]
            best = max((joint for joint in joints if joint), key=lambda joint: joint[1].confidence, default=None)
            if best:
                left, joined = best
                verdicts[left : left + 2] = [joined]
                place = left
            else:
                place += 1
        return verdicts

    def _joint(
        self, verdicts: Sequence[Verdict], left: int, masked: Masked, sources: Sources
    ) -> tuple[int, Verdict] | None:
        """Return two neighbours as one where that is clearer, and where none of them asks for another task."""
        if left < 0 or left + 1 >= len(verdicts):
            return None
        pair = verdicts[left], verdicts[left + 1]
        if any(verdict.label == "unsupported" and verdict.confidence > SURE for verdict in pair):
            return None
        joined = self._one(pair[0].clause.joined(pair[1].clause), masked, sources, set())
        tasks = {verdict.label for verdict in pair if verdict.label in TASKS}
        if joined.label not in TASKS or joined.confidence < JOINT_CONFIDENT or tasks - {joined.label}:
            return None
        return left, joined

    def is_impossible(self, text: str, masked: Masked) -> bool:
        """Tell whether a piece of a request, of which the rest is possible, asks for what no task does."""
        bare = strip_prefix(text)
        asks = is_command(text) or is_question(text)
        return asks and not _EXCLUDES.search(text) and self.probabilities(bare, masked)["unsupported"] > IMPOSSIBLE

    def probabilities(self, text: str, masked: Masked) -> Mapping[str, float]:
        """Return the head's probabilities for a text."""
        return self._classifier.classify([masked.plain(text)])[0].probabilities

    def _one(self, clause: Clause, masked: Masked, sources: Sources, made: set[str], *, alone: bool = False) -> Verdict:
        bare = clause.text if _HEARS.match(clause.text) else strip_prefix(clause.text)
        scores = dict(self.probabilities(bare, masked))
        if clause.context:
            whole = _asking(self.probabilities(clause.whole, masked))
            clear = clause.afterthought and max(scores.values()) >= SURE
            share = AFTERTHOUGHT_SHARE if clear else CONTEXT_SHARE
            scores = {label: (1 - share) * p + share * whole[label] for label, p in scores.items()}
        scores = _asking(scores) if alone else scores
        weighted = {label: p * _possible(label, clause, sources, made) for label, p in scores.items()}
        if name := named_task(clause.text):
            weighted[name] += NAMED
        total = sum(weighted.values())
        weighted = {label: p / total for label, p in weighted.items()}
        ranked = sorted(weighted, key=weighted.__getitem__, reverse=True)
        best = ranked[0]
        floor = STATEMENT_CONFIDENT if clause.mood == "statement" and not alone else CONFIDENT
        label = best if weighted[best] >= floor else "unsupported"
        nearest = tuple(task for task in ranked if task in TASKS)
        return Verdict(clause, label, weighted[best], weighted[nearest[0]], nearest)


def _asking(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Return the probabilities given that something is asked for."""
    asked = 1.0 - probabilities["nothing"]
    return {label: 0.0 if label == "nothing" else p / asked for label, p in probabilities.items()}


def _asks_more(before: Verdict, verdict: Verdict, joined: Verdict) -> bool:
    """Tell whether a clause that may belong to the one before asks for another thing, clearer than both together."""
    if before.label not in TASKS or verdict.label not in TASKS:
        return False
    if before.label in WORDED and not _POINTS_BACK.match(verdict.clause.text):
        return False
    least = min(before.confidence, verdict.confidence)
    apart = verdict.clause.link.isspace() or least > min(joined.confidence, SURE)
    return verdict.label != before.label and least >= MORE_CONFIDENT and apart


def _coherent(verdict: Verdict, earlier: Sequence[Verdict]) -> Verdict:
    """Read a vague clause as saying again what the one before said, where that is the likeliest task."""
    repeats = earlier and verdict.nearest[0] == earlier[-1].label
    if verdict.label == "unsupported" and repeats and verdict.task_confidence >= COHERENT:
        return replace(verdict, label=earlier[-1].label)
    return verdict


def _possible(label: str, clause: Clause, sources: Sources, made: set[str]) -> float:
    """Return how well a task goes with the media at hand: 1 where they tell nothing."""
    task = TASKS.get(label)
    if task is None:
        return 1.0
    has_image = bool(sources.of_kind("image"))
    has_audio = bool(sources.of_kind("audio")) or "audio" in made
    shows_picture = has_image and bool(_PICTURE.search(clause.text))
    if label == "image-to-audio" and not has_image and not _PICTURE.search(clause.text):
        return 0.1
    if label == "talking-head-synthesis" and not has_image and not _FACE.search(clause.whole):
        return 0.1
    if label == "talking-head-synthesis" and sources.attachments("image") and sources.attachments("audio"):
        return 1.5
    if label == "style-transfer" and len(sources.attachments("audio")) > 1:
        return 2.0
    if label == "sound-extraction" and _REMOVES.search(clause.text) and not _THE_REST.match(strip_prefix(clause.text)):
        return 0.2
    if label == "text-to-audio" and shows_picture:
        return 0.2
    if label == "singing-synthesis" and not _SONG.search(clause.whole) and not sources.of_kind("score"):
        return 0.1
    if label == "speech-recognition" and _NAMES_LANGUAGE.search(clause.text) and find_languages(clause.text).target:
        return 0.2
    needs_audio = any(field.required and field.kind == "audio" for field in task.inputs.values())
    if needs_audio and not has_audio and label not in ("talking-head-synthesis", "style-transfer"):
        return 0.15 if sources.attachments("image") else 0.5
    return 1.0


def _continues(verdict: Verdict, following: Verdict, masked: Masked) -> bool:
    """Tell whether a clause belongs to the words that the one before wants said, or names them for its face."""
    text = strip_prefix(verdict.clause.text)
    if verdict.label == "talking-head-synthesis" and following.clause.mood == "command":
        return bool(_SAYS.match(strip_prefix(following.clause.text)))
    if following.label != "unsupported":
        return False
    return verdict.label == "text-to-speech" and bool(_SAYS.match(text)) and not masked.quotes_in(text)


def _merged(verdict: Verdict, clause: Clause) -> Verdict:
    joined = Clause(f"{verdict.clause.text} and {clause.text}", verdict.clause.mood, verdict.clause.context)
    return replace(verdict, clause=joined)
