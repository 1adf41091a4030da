"""How many replicas of everything a number of users needs, and what these take of the machines."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deployments.builders import INGRESS, PLANNER, RUNNER
from deployments.placement.config_check import ConfigCheck
from deployments.placement.costs import Costs, KindCost
from deployments.placement.packing import Demand
from deployments.placement.queueing import mean_wait_s, places_for
from model_wrappers.contract.errors import InvalidInput
from router.spec import ModelSpec

BUSY = 0.6  # share of the time that places are taken; bursts and a lost replica need the rest
WAIT_SHARE = 0.5  # of the seconds a place is held: how long requests may wait for one on average
LLM_PLAN_S = 10.0  # of an LLM for one plan: 400 tokens, 40 a second; not measured here


@dataclass(frozen=True)
class Users:
    """Who asks, and how often.

    Args:
        number: Users at the busiest time.
        pause_s: Mean time between two requests of one.
    """

    number: int
    pause_s: float

    @property
    def per_s(self) -> float:
        """Requests a second, of all of them."""
        return self.number / self.pause_s


@dataclass(frozen=True)
class Need:
    """Replicas of one deployment."""

    demand: Demand
    replicas: int
    per_s: float
    held_s: float
    wait_s: float
    why: str

    @property
    def cpus(self) -> float:
        """CPUs of all replicas."""
        return self.replicas * self.demand.num_cpus

    @property
    def memory_mb(self) -> int:
        """Host memory of all replicas, in MiB."""
        return self.replicas * self.demand.memory_mb

    @property
    def gpus(self) -> float:
        """GPUs of all replicas."""
        return self.replicas * self.demand.num_gpus


def needs(checked: ConfigCheck, costs: Costs, users: Users, seconds: Mapping[str, float]) -> list[Need]:
    """Return what a config needs for its users.

    Args:
        checked: The config.
        costs: What a request of each kind costs.
        users: Who asks.
        seconds: Seconds that models hold a place for one request, where other ones are known than were measured.

    Raises:
        InvalidInput: If seconds are given of what the config does not have.
    """
    demands = {demand.model: demand for demand in (*checked.services, *checked.demands)}
    if unknown := seconds.keys() - demands.keys():
        raise InvalidInput(f"The config has no '{min(unknown)}'; it has: {', '.join(demands)}.", param="--seconds")
    found = [*_services(demands, costs, users, seconds), *_models(checked, demands, costs, users, seconds)]
    return [*found, *_llms(checked, demands, costs, users, seconds)]


def with_mix(costs: Costs, mix: Mapping[str, float]) -> Costs:
    """Return costs with other shares of the kinds, which are made to add up to 1.

    Raises:
        InvalidInput: If there is no such kind, or nothing is left.
    """
    if unknown := mix.keys() - costs.kinds.keys():
        known = ", ".join(costs.kinds)
        raise InvalidInput(f"'{min(unknown)}' is no kind of request; choose of: {known}.", param="--mix")
    shares = {name: mix.get(name, kind.share) for name, kind in costs.kinds.items()}
    total = sum(shares.values())
    if min(shares.values()) < 0 or total <= 0:
        raise InvalidInput("Shares are 0 or more, and not all of them 0.", param="--mix")
    kinds = {name: kind.model_copy(update={"share": shares[name] / total}) for name, kind in costs.kinds.items()}
    return costs.model_copy(update={"kinds": kinds})


def _services(
    demands: Mapping[str, Demand], costs: Costs, users: Users, seconds: Mapping[str, float]
) -> Iterator[Need]:
    for name in (INGRESS, PLANNER):
        if name in demands:
            per_s = users.per_s * costs.share(name)
            held_s = seconds.get(name, costs.held_s(name) / max(costs.share(name), 1e-9))
            yield _need(demands[name], per_s, held_s, costs.places[name], "measured")
    if RUNNER in demands:
        runner = demands[RUNNER]
        yield Need(runner, max(1, runner.min_replicas), 0.0, 0.0, 0.0, "runs wait for models, not for it")


def _models(
    checked: ConfigCheck, demands: Mapping[str, Demand], costs: Costs, users: Users, seconds: Mapping[str, float]
) -> Iterator[Need]:
    """Yield what the first model of each task that is asked for needs, and what is always there besides."""
    asked: dict[str, list[KindCost]] = {}
    for kind in costs.kinds.values():
        if kind.task and kind.share:
            if (spec := _first(checked.specs, kind.task)) is None:
                raise InvalidInput(f"The config has no model for {kind.task}, which users ask for.", param="config")
            asked.setdefault(spec.id, []).append(kind)
    specs = {spec.id: spec for spec in checked.specs}
    for name, kinds in asked.items():
        share = sum(kind.share for kind in kinds)
        held_s = sum(kind.share * kind.held_s(str(kind.model)) for kind in kinds) / share
        places, why = specs[name].concurrency, "measured"
        if name in seconds:
            held_s, why = seconds[name], "as given"
        elif {kind.model for kind in kinds} != {name}:  # what a batch gains there is not known
            places, why = specs[name].workers, f"as {kinds[0].model} on a CPU: not measured"
        yield _need(demands[name], users.per_s * share, held_s, places, why)
    llms = set(checked.llms)
    for demand in checked.demands:
        if demand.model not in asked and demand.model not in llms and demand.min_replicas:
            yield Need(demand, demand.min_replicas, 0.0, 0.0, 0.0, "always there")


def _llms(
    checked: ConfigCheck, demands: Mapping[str, Demand], costs: Costs, users: Users, seconds: Mapping[str, float]
) -> Iterator[Need]:
    for name, args in checked.llms.items():
        why = "as given" if name in seconds else f"{LLM_PLAN_S:g} s a plan: not measured"
        per_s = users.per_s * costs.share(PLANNER)
        yield _need(demands[name], per_s, seconds.get(name, LLM_PLAN_S), args.max_ongoing_requests, why)


def _first(specs: Sequence[ModelSpec], task: str) -> ModelSpec | None:
    """Return the model that takes a task's requests: the first that may, with replicas of its own.

    What it needs of a machine is not looked at, because the nodes have it and not this one.
    """
    allowed = (spec for spec in specs if spec.card.commercial_use or spec.allow_non_commercial)
    return next((spec for spec in allowed if task in spec.card.tasks and not spec.card.is_composite), None)


def _need(demand: Demand, per_s: float, held_s: float, places_each: int, why: str) -> Need:
    load = per_s * held_s
    places = places_for(load, held_s, WAIT_SHARE * held_s, BUSY)
    replicas = max(math.ceil(places / places_each), demand.min_replicas)
    wait_s = mean_wait_s(load, replicas * places_each, held_s)
    if replicas > demand.max_replicas:
        why = f"{why}; raise max_replicas from {demand.max_replicas}"
    return Need(demand, replicas, per_s, held_s, wait_s, why)
