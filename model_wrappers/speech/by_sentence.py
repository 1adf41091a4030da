"""Speaking sentence by sentence, as a stream or whole."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import RunContext, Work
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse


class SpeechBySentence(OneByOneModel[TextToSpeechRequest, TextToSpeechResponse]):
    """A voice whose network takes one sentence at a time."""

    sample_rate: ClassVar[int]  # Hz

    @abstractmethod
    def _waveforms(self, request: TextToSpeechRequest, work: Work) -> Iterator[NDArray[np.float32]]:
        """Yield the speech piece by piece, each of shape `(samples,)`, at least one."""

    def stream(self, request: TextToSpeechRequest, context: RunContext) -> Iterator[TextToSpeechResponse]:
        """Yield the speech sentence by sentence; joined they are what `run_batch` returns."""
        for waveform in self._waveforms(request, Work(context, (0,))):
            yield TextToSpeechResponse(audio=Audio(waveform[np.newaxis], self.sample_rate))

    def answer(self, request: TextToSpeechRequest, work: Work) -> TextToSpeechResponse:
        """Speak one text."""
        waveform = np.concatenate(list(self._waveforms(request, work)))
        return TextToSpeechResponse(audio=Audio(waveform[np.newaxis], self.sample_rate))
