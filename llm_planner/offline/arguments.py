"""The arguments of one step, from its clause and from what it can refer to."""

from llm_planner.offline import audio_arguments, making_arguments, speech_arguments
from llm_planner.offline.scene import Arguments, Build, Scene

_BUILDERS: dict[str, Build] = {**audio_arguments.BUILDERS, **speech_arguments.BUILDERS, **making_arguments.BUILDERS}


def build_arguments(task: str, scene: Scene) -> Arguments:
    """Return the arguments of a task for a clause."""
    return _BUILDERS[task](scene)
