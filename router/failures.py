"""From any exception to an error of the tree."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from model_wrappers.contract.errors import AudioGPTError, ModelFailed

logger = logging.getLogger(__name__)


@contextmanager
def known_failures(what: str, request_id: str) -> Iterator[None]:
    """Let nothing pass but errors of the tree and cancellation.

    Args:
        what: What fails, the subject of the error's sentence, e.g. `Model 'whisper'`.
        request_id: For the log.

    Raises:
        ModelFailed: For any other exception, which is logged.
    """
    try:
        yield
    except AudioGPTError:
        raise
    except Exception as exc:
        logger.exception("%s failed (request %s)", what, request_id)
        raise ModelFailed(f"{what} failed: {type(exc).__name__}: {exc}") from exc
