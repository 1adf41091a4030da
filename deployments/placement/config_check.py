"""Check a serve config against the machines it is to run on: arguments, GPU fractions, bounds, licences."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from ray.serve.config import ProxyLocation
from ray.serve.schema import DeploymentSchema, ServeApplicationSchema, ServeDeploySchema

from deployments import builders
from deployments.local.launch import read_config
from deployments.placement.cluster import WorkerGroup, read_cluster
from deployments.placement.environment_check import environment_problems, read_environment
from deployments.placement.nodes_check import node_problems
from deployments.placement.packing import Demand, Packing, at_maximum, at_minimum, pack, rolling_out
from deployments.placement.tls_check import tls_problems
from deployments.serve.discovery import COUNTING
from deployments.serve.gpus import least_fraction, needed_mb
from deployments.serve.llm.arguments import SERVED_AS, LLMArgs, llm_options
from deployments.serve.options import model_options
from model_wrappers.contract.errors import InvalidInput
from router.limits.counters import MEMORY
from router.limits.limiter import check_counting
from router.settings import Settings
from router.spec import ModelSpec
from router.tenants import door
from router.tenants.door import is_loopback

BUILDERS = {
    f"{builders.__name__}:{builder.__name__}": builder
    for builder in (
        builders.models,
        builders.planner,
        builders.runner,
        builders.ingress,
        builders.system,
        builders.llm,
    )
}
SERVICES = {  # deployments besides the models, by the builder that makes them
    f"{builders.__name__}:planner": (builders.PLANNER,),
    f"{builders.__name__}:runner": (builders.RUNNER,),
    f"{builders.__name__}:ingress": (builders.INGRESS,),
    f"{builders.__name__}:system": (builders.PLANNER, builders.INGRESS),
}
DEPLOYMENTS = SERVICES | {f"{builders.__name__}:llm": (SERVED_AS,)}  # besides the models'
OTHER_CONNECTIONS = door.CONNECTIONS + 2  # to Postgres, of an ingress: to look keys up, and to hear what others tell
SERVICE_MEMORY_MB = 1_024  # of a replica of these, by which nodes are counted
INGRESS_BUILDER, RUNNER_BUILDER, PLANNER_BUILDER, LLM_BUILDER = (
    f"{builders.__name__}:{builder}" for builder in (builders.INGRESS, builders.RUNNER, builders.PLANNER, "llm")
)


@dataclass(frozen=True)
class ConfigCheck:
    """What was found; a config with `problems` must not be deployed."""

    specs: tuple[ModelSpec, ...]
    llms: Mapping[str, LLMArgs]  # by application
    demands: tuple[Demand, ...]
    services: tuple[Demand, ...]
    groups: tuple[WorkerGroup, ...]
    at_minimum: Packing
    at_maximum: Packing
    rolling_out: Packing
    one_of_each: Packing
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def check_config(path: Path, cluster: Path | None = None) -> ConfigCheck:
    """Check a serve config, and whether its GPU replicas fit onto a cluster.

    Args:
        path: The serve config.
        cluster: Cluster launcher file; needed where a model asks for a GPU, not looked at where all is on one machine.

    Raises:
        InvalidInput: If a file cannot be read as what it is.
    """
    schema = ServeDeploySchema.model_validate(read_config(path))
    on_cluster = cluster if schema.proxy_location != ProxyLocation.HeadOnly else None
    groups = read_cluster(on_cluster) if on_cluster else ()
    problems = list(_timeout_problems(schema))
    environment = read_environment(on_cluster) if on_cluster else os.environ
    if on_cluster:
        problems += environment_problems(environment)
        problems += tls_problems(on_cluster, environment)
    specs: list[ModelSpec] = []
    llms: dict[str, LLMArgs] = {}
    demands: list[Demand] = []
    for application in schema.applications:
        arguments = _arguments(application, problems)
        models = list(getattr(arguments, "models", []))
        specs += models
        demands += _demands(application, models, problems)
        if isinstance(arguments, LLMArgs):
            llms[application.name] = arguments
            demands += _llm_demands(application, arguments, problems)
    problems += _runner_problems(schema.applications)
    problems += _llm_problems(schema.applications)
    services = tuple(_services(schema.applications))
    if on_cluster or schema.proxy_location == ProxyLocation.HeadOnly:  # else nobody knows what its nodes are told
        problems += _counting_problems(schema, services, environment)
    problems += [f"Model '{name}' is configured {times} times." for name, times in _repeated(specs)]
    problems += [problem for demand in demands for problem in _fraction_problems(demand, groups)]
    always, bounds, rollout = (pack(replicas(demands), groups) for replicas in (at_minimum, at_maximum, rolling_out))
    if groups and not problems:
        problems += _room_problems((always, bounds, rollout), groups)
        problems += node_problems(demands, services, groups)
    return ConfigCheck(
        specs=tuple(specs),
        llms=llms,
        demands=tuple(demands),
        services=services,
        groups=groups,
        at_minimum=always,
        at_maximum=bounds,
        rolling_out=rollout,
        one_of_each=pack(demands, groups),
        problems=tuple(problems),
        notes=(
            *_key_notes(schema),
            *_database_notes(services),
            *(note for spec in specs for note in _licence_notes(spec)),
        ),
    )


def _key_notes(schema: ServeDeploySchema) -> Iterator[str]:
    host = schema.http_options.host
    if not is_loopback(host):
        yield (
            f"Others can reach {host}, so a key is asked for: make one with 'audiogpt keys create' before the start, "
            "or set AUDIOGPT_AUTH=off where something in front of the system checks who asks."
        )
        if len(schema.applications) > 1:
            yield (
                "Limits of tenants are counted for all ingresses and runners together: set AUDIOGPT_LIMITS_URL to a "
                "Redis that all nodes reach, without which they do not start where keys are asked for."
            )


def _database_notes(services: Sequence[Demand]) -> Iterator[str]:
    """Say how many connections the database must allow."""
    holding = sum(each.max_replicas for each in services if each.model in (builders.INGRESS, builders.RUNNER))
    own = Settings.model_fields["database_connections"].default
    if holding > 1:
        yield (
            f"Ingresses and runners at their bounds keep up to {holding * (own + OTHER_CONNECTIONS)} connections to "
            f"the database ({own} each by AUDIOGPT_DATABASE_CONNECTIONS, and {OTHER_CONNECTIONS}), twice as many in a "
            "roll-out: max_connections of Postgres is 100 unless set."
        )


def _arguments(application: ServeApplicationSchema, problems: list[str]) -> BaseModel | None:
    """Return an application's arguments as its builder's own type, or None and say what is wrong with them."""
    builder = BUILDERS.get(application.import_path)
    if builder is None:
        known = ", ".join(BUILDERS)
        problems.append(f"Application '{application.name}' has import_path '{application.import_path}', not {known}.")
        return None
    (annotation,) = (kind for name, kind in builder.__annotations__.items() if name != "return")
    try:
        arguments: BaseModel = annotation.model_validate(application.args)
    except ValidationError as exc:
        problems += [
            f"Application '{application.name}', args.{'.'.join(map(str, error['loc']))}: {error['msg']}"
            for error in exc.errors(include_input=False)
        ]
        return None
    return arguments


def _counting_problems(
    schema: ServeDeploySchema, services: Sequence[Demand], environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield what an ingress would not start with: several processes that each count limits for themselves."""
    auth, host = environment.get("AUDIOGPT_AUTH") or "auto", schema.http_options.host
    if auth == "off" or (auth == "auto" and is_loopback(host)):
        return
    processes = sum(service.max_replicas for service in services if service.model in COUNTING)
    url = environment.get("AUDIOGPT_LIMITS_URL") or MEMORY
    try:
        check_counting(Settings(limits_url=SecretStr(url)), processes)
    except InvalidInput as exc:
        yield exc.message


def _runner_problems(applications: Sequence[ServeApplicationSchema]) -> Iterator[str]:
    """Yield what is said where runs would be queued for ever."""
    taking = [a for a in applications if a.import_path == INGRESS_BUILDER and not a.args.get("executes_runs")]
    if taking and not any(application.import_path == RUNNER_BUILDER for application in applications):
        yield (
            f"Nothing executes the runs that '{taking[0].name}' takes: add an application of {RUNNER_BUILDER}, "
            "or set its args.executes_runs."
        )


def _demands(application: ServeApplicationSchema, models: Sequence[ModelSpec], problems: list[str]) -> Iterator[Demand]:
    """Yield what the models' replicas take, but for composites, which have none."""
    changes = {deployment.name: deployment for deployment in application.deployments}
    problems += [
        f"Application '{application.name}' sets options of '{name}', which it does not have."
        for name in changes.keys() - {spec.id for spec in models} - set(DEPLOYMENTS.get(application.import_path, ()))
    ]
    for spec in models:
        if spec.card.is_composite:
            continue
        try:
            options = _changed(model_options(spec), changes.get(spec.id))
        except InvalidInput as exc:
            problems.append(f"Model '{spec.id}': {exc.message}")
            continue
        problems += _deployment_problems(spec, options)
        yield _demand(spec.id, options, spec.card.memory_mb, spec.card.gpu_memory_mb)


def _llm_demands(application: ServeApplicationSchema, args: LLMArgs, problems: list[str]) -> Iterator[Demand]:
    """Yield what the LLM's replicas take; Serve holds their GPU in a placement group."""
    changes = next((each for each in application.deployments if each.name == SERVED_AS), None)
    try:
        options = _changed(llm_options(args), changes)
    except InvalidInput as exc:
        problems.append(f"The LLM of application '{application.name}': {exc.message}")
        return
    on_gpu = {"num_gpus": args.share, "accelerator_type": args.accelerator_type, "resources": args.resources}
    options["ray_actor_options"] = {"num_cpus": args.num_cpus} | on_gpu
    yield _demand(application.name, options, args.memory_mb, args.gpu_memory_mb)


def _llm_problems(applications: Sequence[ServeApplicationSchema]) -> Iterator[str]:
    """Yield where the planner and the LLM of the cluster do not find each other."""
    llms = {each.name for each in applications if each.import_path == LLM_BUILDER}
    planners = [each.args for each in applications if each.import_path == PLANNER_BUILDER]
    named = {str(args["llm_application"]) for args in planners if args.get("llm_application")}
    for name in sorted(named - llms):
        yield f"The planner asks an LLM in application '{name}'; add it, of {LLM_BUILDER}, or leave the name out."
    for name in sorted(llms - named):
        yield f"Nobody asks the LLM of application '{name}': set args.llm_application of the planner to it."


def _changed(options: dict[str, Any], changes: DeploymentSchema | None) -> dict[str, Any]:
    """Return a model's options as Serve has them once those under `deployments` have replaced its own."""
    return options | (changes.model_dump(exclude_unset=True) if changes else {})


def _services(applications: Sequence[ServeApplicationSchema]) -> Iterator[Demand]:
    """Yield what the replicas of ingress and planner ask for."""
    for application in applications:
        changes = {deployment.name: deployment for deployment in application.deployments}
        for name in SERVICES.get(application.import_path, ()):
            options = _changed({"ray_actor_options": {}} | builders.SURGE, changes.get(name))
            yield _demand(name, options, SERVICE_MEMORY_MB)


def _demand(name: str, options: dict[str, Any], memory_mb: int, gpu_memory_mb: int = 0) -> Demand:
    resources, replicas = options["ray_actor_options"], options.get("num_replicas") or 1
    scaling = options.get("autoscaling_config") or {"min_replicas": replicas, "max_replicas": replicas}
    return Demand(
        model=name,
        gpu_type=resources.get("accelerator_type"),
        num_gpus=resources.get("num_gpus") or 0.0,
        num_cpus=resources.get("num_cpus", 1.0),  # Serve's own default
        gpu_memory_mb=gpu_memory_mb,
        memory_mb=memory_mb,
        min_replicas=scaling.get("min_replicas", 1),
        max_replicas=scaling.get("max_replicas", 1),
        resources=tuple(sorted(resources.get("resources") or ())),
        max_per_node=options.get("max_replicas_per_node"),
        surges=bool(options.get("max_surge_percent")),
    )


def _timeout_problems(schema: ServeDeploySchema) -> Iterator[str]:
    """Yield where Serve would cut a stream that the API promises to keep open."""
    given = schema.http_options.request_timeout_s
    longest_s = max(Settings.model_fields[name].default for name in ("plan_timeout_s", "run_timeout_s"))
    if given is not None and given <= longest_s:
        yield (
            f"http_options.request_timeout_s is {given:g}, but the events of a run may be followed for {longest_s:g} s "
            f"(AUDIOGPT_RUN_TIMEOUT_S); write more than that."
        )


def _repeated(specs: Sequence[ModelSpec]) -> Iterator[tuple[str, int]]:
    names = [spec.id for spec in specs]
    return ((name, names.count(name)) for name in dict.fromkeys(names) if names.count(name) > 1)


def _deployment_problems(spec: ModelSpec, options: dict[str, Any]) -> Iterator[str]:
    if "num_replicas" in options:
        yield f"Model '{spec.id}' sets num_replicas, which Serve ignores here; set min_replicas and max_replicas."
    admitted = options["max_ongoing_requests"]
    if admitted <= spec.capacity:
        yield (
            f"Model '{spec.id}' is sent max_ongoing_requests {admitted}; what it runs and queues is "
            f"{spec.workers} x {spec.max_batch_size} + {spec.max_queue} = {spec.capacity}, and what waits before it "
            "waits in no fair order: leave it out."
        )
    num_gpus = options["ray_actor_options"].get("num_gpus") or 0.0
    if spec.on_gpu != (num_gpus > 0):
        yield f"Model '{spec.id}' runs on '{spec.device}' but its deployment has num_gpus {num_gpus:g}."
    if spec.on_gpu and not spec.card.gpu_memory_mb:
        yield f"Model '{spec.id}' runs on '{spec.device}' but declares no gpu_memory_mb; set it in its 'args'."
    if spec.allow_non_commercial and spec.card.commercial_use:
        yield f"Model '{spec.id}' sets allow_non_commercial, but its licence ({spec.card.licence}) allows commerce."


def _fraction_problems(demand: Demand, groups: Sequence[WorkerGroup]) -> Iterator[str]:
    if not demand.num_gpus:
        return
    if demand.num_gpus > 1 and demand.num_gpus != int(demand.num_gpus):
        yield f"Model '{demand.model}' has num_gpus {demand.num_gpus:g}; write a fraction of one, or a whole number."
    types = {group.gpu_type for group in groups if group.gpu_type and demand.gpu_type in (None, group.gpu_type)}
    if not types:
        named = ", ".join(sorted({group.gpu_type for group in groups if group.gpu_type})) or "none"
        yield (
            f"Model '{demand.model}' asks for {demand.num_gpus:g} of a GPU of type '{demand.gpu_type or 'any'}'; "
            f"the cluster has: {named}."
        )
    for gpu_type in sorted(types):
        least = least_fraction(demand.gpu_memory_mb, gpu_type)
        if demand.num_gpus < least:
            advice = f"at least {least:g}" if least <= 1 else "a larger GPU type"
            yield (
                f"Model '{demand.model}' has num_gpus {demand.num_gpus:g} on {gpu_type}, but needs "
                f"{needed_mb(demand.gpu_memory_mb)} MiB there ({demand.gpu_memory_mb} declared, with headroom): "
                f"give it {advice}."
            )


def _room_problems(packings: Sequence[Packing], groups: Sequence[WorkerGroup]) -> Iterator[str]:
    names = ("always there", "there at their bounds", "there at their bounds and a successor beside them in a roll-out")
    for packing, when in zip(packings, names, strict=True):
        for model in dict.fromkeys(demand.model for demand in packing.left_over):
            sizes = ", ".join(f"{group.name} {group.max_gpus}" for group in groups if group.max_gpus)
            yield f"Model '{model}' finds no free GPU with all replicas {when}; the cluster has at most: {sizes}."


def _licence_notes(spec: ModelSpec) -> Iterator[str]:
    if not spec.card.commercial_use:
        state = "on, as asked for" if spec.allow_non_commercial else "off; 'allow_non_commercial: true' turns it on"
        yield f"The licence of model '{spec.id}' ({spec.card.licence}) grants no commercial use: {state}."


def refuse(check: ConfigCheck) -> None:
    """Raise if the config has problems.

    Raises:
        InvalidInput: With every problem, one a line.
    """
    if check.problems:
        lines = "\n".join(f"- {problem}" for problem in check.problems)
        raise InvalidInput(f"The config has {len(check.problems)} problem(s):\n{lines}")
