"""The arguments of one step, from its clause and from what it can refer to."""

from dataclasses import replace

from llm_planner.offline.arguments import audio_arguments, making_arguments, speech_arguments
from llm_planner.offline.arguments.scene import Arguments, Build, Scene
from model_wrappers.contract.tasks import TASKS

_BUILDERS: dict[str, Build] = {**audio_arguments.BUILDERS, **speech_arguments.BUILDERS, **making_arguments.BUILDERS}


def build_arguments(task: str, scene: Scene) -> Arguments:
    """Return the arguments of a task for a clause; numbers that were asked for and given win."""
    arguments = _BUILDERS[task](scene)
    given = {
        name: value
        for name, value in scene.answers.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name in TASKS[task].request.model_fields
    }
    return replace(arguments, variants=tuple({**variant, **given} for variant in arguments.variants))
