import asyncio
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechResponse
from router.replica.parts import Parts


async def test_model_that_nobody_reads_is_closed_in_the_thread_it_ran_in() -> None:
    closed_in: list[threading.Thread] = []
    ran_in: list[threading.Thread] = []

    def speak() -> Iterator[TextToSpeechResponse]:
        ran_in.append(threading.current_thread())
        try:
            yield TextToSpeechResponse(audio=Audio(np.zeros((1, 160), np.float32), 16_000))
        finally:
            closed_in.append(threading.current_thread())

    parts, model = Parts(asyncio.get_running_loop()), speak()
    with pytest.raises(Cancelled):
        await asyncio.to_thread(parts.write, model, lambda: True)
    assert closed_in == ran_in
