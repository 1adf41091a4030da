"""Replicas that only tell where Ray has put them."""

import ray
from pydantic import BaseModel
from ray import serve
from ray.serve import Application


class Model(BaseModel):
    """Whose place is taken."""

    id: str


class Place(BaseModel):
    """A node and the GPUs Ray gave on it."""

    node: str
    gpus: tuple[int, ...]


class StandIn:
    """Takes a model's place on a machine without its weights."""

    def place(self) -> Place:
        """Tell where this replica is."""
        return Place(node=ray.get_runtime_context().get_node_id(), gpus=tuple(ray.get_gpu_ids()))


def stand_in(args: Model) -> Application:
    """Build a deployment under the model's name, so that the config's options reach it."""
    return serve.deployment(name=args.id)(StandIn).bind()
