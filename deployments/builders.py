"""Application builders named in the serve configs.

Serve reads the builders' annotations at run time, so this module must not postpone their evaluation.
"""

from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve import Application

from deployments.serve.ingress import Ingress
from deployments.serve.model import ModelDeployment
from deployments.serve.planner import PlannerDeployment
from router.spec import ModelSpec

PLANNER = "planner"
INGRESS = "ingress"
GRACEFUL_SHUTDOWN_S = 20.0


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelsArgs(_Args):
    """Models of one application; production has one each, the embedded profile all in one."""

    models: list[ModelSpec] = Field(min_length=1)


class PlannerArgs(_Args):
    """The planner reads its settings from the environment."""


class IngressArgs(_Args):
    """Where the ingress finds the planner."""

    planner_application: str = "planner"


class SystemArgs(_Args):
    """The whole system in one application."""

    models: list[ModelSpec] = Field(min_length=1)


def models(args: ModelsArgs) -> Application:
    """Build one or several models; the first is the application's root."""
    built = _models(args.models)
    return built[0] if len(built) == 1 else _group(built)


def planner(args: PlannerArgs) -> Application:
    """Build the planner."""
    return serve.deployment(name=PLANNER)(PlannerDeployment).options(max_ongoing_requests=64).bind()


def ingress(args: IngressArgs) -> Application:
    """Build the ingress."""
    return serve.deployment(name=INGRESS)(Ingress).bind(args.planner_application)


def system(args: SystemArgs) -> Application:
    """Build models, planner and ingress as one application."""
    children = [planner(PlannerArgs()), *_models(args.models)]
    return serve.deployment(name=INGRESS)(Ingress).bind(None, children)


def _models(specs: list[ModelSpec]) -> list[Application]:
    """Bind every model; one that is off stays in the catalog with its reason.

    Composites need no deployment: the executor calls their parts on the other models.
    """
    return [_model(spec) for spec in specs if spec.card.method != "composite"]


def _model(spec: ModelSpec) -> Application:
    if spec.entry().state == "off":
        return serve.deployment(name=spec.id)(_Off).bind()
    capacity = spec.max_queue + spec.workers * spec.max_batch_size
    deployment = serve.deployment(name=spec.id)(ModelDeployment)
    options = deployment.options(
        max_ongoing_requests=capacity,
        max_queued_requests=spec.max_queue,
        graceful_shutdown_timeout_s=GRACEFUL_SHUTDOWN_S,
    )
    return options.bind(spec)


class _Off:
    """Stands in for a model that is off: Serve refuses a config that sets options of a deployment it does not find."""


class _Group:
    """The root of an application with several models, or with none that runs here; it answers nothing."""

    def __init__(self, members: list[object]) -> None:
        """Hold the members, which makes Serve deploy them."""
        self.members = members


def _group(built: list[Application]) -> Application:
    return serve.deployment(name="group")(_Group).options(ray_actor_options={"num_cpus": 0}).bind(built)
