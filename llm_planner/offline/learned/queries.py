"""What the network is asked, and which tasks may follow which."""

from typing import Literal

from llm_planner.plans.ports import ports
from model_wrappers.contract.tasks import TASKS

Behaviour = Literal["plan", "clarify", "unsupported", "chat"]
BEHAVIOURS: tuple[Behaviour, ...] = ("plan", "clarify", "unsupported", "chat")
LACKS = (
    "audio",
    "image",
    "text",
    "reference",
    "target",
    "target_language",
    "start",
    "end",
    "notes",
    "durations",
    "lyrics",
)
_THRICE = {
    "mono-to-binaural", "sound-extraction", "speech-enhancement", "speech-recognition", "speech-translation",
    "text-to-audio", "text-to-speech",
}  # fmt: skip
QUERIES = tuple(task for task in sorted(TASKS) for _ in range(3 if task in _THRICE else 2))
OUTSIDE = len(QUERIES)  # the parent of a step that takes nothing from another
FLOWS = ("audio", "text", "lyrics")  # arguments that take what another step has made
TARGETED = frozenset({"sound-extraction", "target-sound-detection"})


def accepts(producer: str, consumer: str) -> bool:
    """Tell whether a task can work on what another yields."""
    made = {medium.kind for medium in TASKS[producer].outputs.values()} | {TASKS[producer].output_kind}
    taken = {port.kind for name, port in ports(TASKS[consumer].request).items() if name in FLOWS}
    return bool(made & taken)


def listens(task: str) -> bool:
    """Tell whether a task works on sound and on nothing else."""
    taken = ports(TASKS[task].request)
    return {taken[name].kind for name in FLOWS if name in taken} == {"audio"}
