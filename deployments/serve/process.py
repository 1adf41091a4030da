"""What every process of the system does first: stay on the loopback interface if told so, and be seen by operators."""

import logging

from deployments.local.loopback import bind_replica_to_loopback
from deployments.serve.metrics import RayRecorder
from deployments.serve.traces import trace_if_asked
from router.settings import Settings
from router.telemetry.logs import label_records
from router.telemetry.metric import record_with
from router.telemetry.tenants import classify_with

SERVE = "ray.serve"  # logger of Serve, which knows the files and the format that the serve config asks for
PACKAGES = ("model_wrappers", "llm_planner", "router", "deployments")


class _ToServe(logging.Handler):
    """Hands records to Serve's logger, whatever handlers that has by now."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        logging.getLogger(SERVE).handle(record)


def begin_process(component: str) -> None:
    """Set a replica's process up; call it first in every deployment's constructor.

    Args:
        component: What the process is, for its traces: `ingress`, `planner`, `runner`, `model`.
    """
    bind_replica_to_loopback()
    classify_with(Settings.from_environment().tenant_classes)
    record_with(RayRecorder())
    trace_if_asked(component)
    label_records()
    level = logging.getLogger(SERVE).level
    for package in PACKAGES:
        logger = logging.getLogger(package)
        logger.handlers, logger.propagate = [_ToServe()], False
        logger.setLevel(level)
