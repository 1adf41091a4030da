"""Application builders named in the serve configs.

Serve reads the builders' annotations at run time, so this module must not postpone their evaluation. Each takes a
`version` of the code: Serve starts new replicas where an application's arguments change, not where files do.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve import Application

from deployments.serve.ingress import Ingress
from deployments.serve.llm.arguments import SERVED_AS, LLMArgs, llm_options
from deployments.serve.llm.deployment import LLMDeployment
from deployments.serve.model import ModelDeployment
from deployments.serve.options import NO_REPLICAS, model_options
from deployments.serve.planner import PlannerDeployment
from deployments.serve.runner import RunnerDeployment
from router.spec import ConfiguredModels, ModelSpec

PLANNER = "planner"
INGRESS = "ingress"
RUNNER = "runner"
# A replica in service is stopped only once its successor is there: they need no GPU, so that there is room for both.
SURGE: dict[str, Any] = {"max_surge_percent": 100}
# Both turn away what is too much by themselves, tenant by tenant: Serve, which knows no tenants, should not have to.
PLANNER_OPTIONS: dict[str, Any] = {"max_ongoing_requests": 1_024, "max_queued_requests": 1_024} | SURGE
INGRESS_OPTIONS: dict[str, Any] = {"max_ongoing_requests": 2_048, "max_queued_requests": 2_048} | SURGE
RUNNER_OPTIONS: dict[str, Any] = {"max_ongoing_requests": 8, "max_queued_requests": 8} | SURGE  # nobody calls it


class PlannerArgs(BaseModel):
    """Where the planner finds the cluster's own LLM; it reads its settings from the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    llm_application: str | None = Field(default=None, description="Asked where the environment names no other LLM")
    version: str = ""


class IngressArgs(BaseModel):
    """Where the ingress finds the planner."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    planner_application: str = "planner"
    executes_runs: bool = Field(default=False, description="Whether it is a runner besides")
    version: str = ""


class RunnerArgs(BaseModel):
    """Where the runner finds the planner."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    planner_application: str = "planner"
    version: str = ""


def models(args: ConfiguredModels) -> Application:
    """Build one or several models; the first is the application's root."""
    built = _models(args.models)
    return built[0] if len(built) == 1 else serve.deployment(name="group")(_Group).options(**NO_REPLICAS).bind(built)


def planner(args: PlannerArgs) -> Application:
    """Build the planner."""
    return serve.deployment(name=PLANNER)(PlannerDeployment).options(**PLANNER_OPTIONS).bind(args.llm_application)


def llm(args: LLMArgs) -> Application:
    """Build the LLM."""
    return serve.deployment(name=SERVED_AS)(LLMDeployment).options(**llm_options(args)).bind(args)


def ingress(args: IngressArgs) -> Application:
    """Build the ingress."""
    deployment = serve.deployment(name=INGRESS)(Ingress).options(**INGRESS_OPTIONS)
    return deployment.bind(args.planner_application, executes_runs=args.executes_runs)


def runner(args: RunnerArgs) -> Application:
    """Build the runner."""
    return serve.deployment(name=RUNNER)(RunnerDeployment).options(**RUNNER_OPTIONS).bind(args.planner_application)


def system(args: ConfiguredModels) -> Application:
    """Build models, planner and ingress as one application."""
    children = [planner(PlannerArgs()), *_models(args.models)]
    return serve.deployment(name=INGRESS)(Ingress).options(**INGRESS_OPTIONS).bind(None, children, executes_runs=True)


def _models(specs: list[ModelSpec]) -> list[Application]:
    """Bind every model that has replicas of its own."""
    return [_model(spec) for spec in specs if not spec.card.is_composite]


def _model(spec: ModelSpec) -> Application:
    if spec.why_never():
        return serve.deployment(name=spec.id)(_Off).options(**NO_REPLICAS).bind()
    return serve.deployment(name=spec.id)(ModelDeployment).options(**model_options(spec)).bind(spec)


class _Off:
    """Stands in for a model that is off: Serve refuses a config that sets options of a deployment it does not find."""


class _Group:
    """The root of an application with several models, or with none that runs here; it answers nothing."""

    def __init__(self, members: list[object]) -> None:
        """Hold the members, which makes Serve deploy them."""
        self.members = members
