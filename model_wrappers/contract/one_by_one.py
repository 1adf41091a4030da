"""Models that answer the requests of a batch one by one."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from model_wrappers.contract.base import ModelWrapper, RequestT, ResponseT, RunContext, Work
from model_wrappers.contract.errors import AudioGPTError, ModelFailed

logger = logging.getLogger(__name__)

AskedT = TypeVar("AskedT")
AnswerT = TypeVar("AnswerT")


class OneByOneModel(ModelWrapper[RequestT, ResponseT]):
    """A model that has nothing to share between the requests of a batch; a subclass answers one in `answer`."""

    def answer(self, request: RequestT, work: Work) -> ResponseT:
        """Answer one request.

        Args:
            request: Its media fields are decoded, and within the limits of the card.
            work: Told how far it is, between windows and steps; `report` raises once nobody waits any more.

        Raises:
            AudioGPTError: If the request cannot be answered; the others of the batch go on without it.
        """
        raise NotImplementedError

    def run_batch(self, requests: Sequence[RequestT], context: RunContext) -> list[ResponseT | AudioGPTError]:
        """Answer one request after another."""
        return answer_each(requests, context, self.answer)


def answer_each(
    requests: Sequence[AskedT], context: RunContext, answer: Callable[[AskedT, Work], AnswerT]
) -> list[AnswerT | AudioGPTError]:
    """Answer requests one after another; an error takes its request's place and spoils no other."""

    def answer_one(item: int) -> AnswerT | AudioGPTError:
        work = Work(context, (item,))
        try:
            work.report(0.0)
            return answer(requests[item], work)
        except AudioGPTError as exc:
            return exc
        except (ArithmeticError, LookupError, RuntimeError, ValueError) as exc:
            logger.exception("The model failed on request %d of %d", item + 1, len(requests))
            return ModelFailed(f"The model failed on this input: {type(exc).__name__}: {exc}.")

    return [answer_one(item) for item in range(len(requests))]
