"""The sixteen tasks, one file each."""

from model_wrappers.contract.errors import NotFound
from model_wrappers.contract.tasks import (
    audio_captioning,
    audio_inpainting,
    image_to_audio,
    mono_to_binaural,
    singing_synthesis,
    sound_detection,
    sound_extraction,
    speech_enhancement,
    speech_recognition,
    speech_separation,
    speech_translation,
    style_transfer,
    talking_head_synthesis,
    target_sound_detection,
    text_to_audio,
    text_to_speech,
)
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse

__all__ = ["TASKS", "Example", "Task", "TaskRequest", "TaskResponse", "get_task"]

TASKS: dict[str, Task] = {
    module.TASK.id: module.TASK
    for module in (
        speech_recognition,
        speech_translation,
        style_transfer,
        speech_enhancement,
        speech_separation,
        mono_to_binaural,
        audio_inpainting,
        sound_extraction,
        sound_detection,
        target_sound_detection,
        talking_head_synthesis,
        text_to_speech,
        text_to_audio,
        audio_captioning,
        image_to_audio,
        singing_synthesis,
    )
}


def get_task(task_id: str) -> Task:
    """Return a task by id.

    Raises:
        NotFound: If there is no such task.
    """
    try:
        return TASKS[task_id]
    except KeyError as exc:
        raise NotFound(f"Task '{task_id}' does not exist; choose one of: {', '.join(TASKS)}.", param="task") from exc
