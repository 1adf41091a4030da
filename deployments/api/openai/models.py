"""`/v1/models`: what can be named as `model`, in OpenAI's shape and with what each declares."""

from fastapi import APIRouter
from pydantic import BaseModel

from deployments.api.openai.errors import RESPONSES, OpenAIRoute
from deployments.api.openai.names import ASSISTANT, missing, resolve
from deployments.api.services import Services, ServicesOf
from model_wrappers.contract.catalog import ModelCard, ModelEntry, ModelState
from model_wrappers.contract.tasks import TASKS

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)


class ModelInfo(ModelCard):
    """One model, in OpenAI's shape and with what it declares."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str
    state: ModelState
    reason: str | None
    loaded: bool | None = None


class ModelList(BaseModel):
    """All models, in OpenAI's list shape."""

    object: str = "list"
    data: tuple[ModelInfo, ...]


@router.get("/v1/models")
async def list_models(services: ServicesOf) -> ModelList:
    """List the models with their state, licence, source, languages and memory, and the assistant over all of them."""
    return ModelList(data=(*map(_describe, services.catalog().models), _assistant(services)))


@router.get("/v1/models/{model_id}", responses=RESPONSES)
async def show_model(model_id: str, services: ServicesOf) -> ModelInfo:
    """Show one model by its id or an alias."""
    target = resolve(model_id, services)
    if target == ASSISTANT:
        return _assistant(services).model_copy(update={"id": model_id})
    catalog = services.catalog()
    found = next((entry for entry in catalog.models if entry.id == target), None)
    if found is None and target in TASKS:
        found = next(iter(catalog.for_task(target)), None)
    if found is None:
        raise missing(model_id, [*(entry.id for entry in catalog.models), ASSISTANT, *services.settings.model_aliases])
    return _describe(found).model_copy(update={"id": model_id})


def _describe(entry: ModelEntry) -> ModelInfo:
    return ModelInfo(
        id=entry.id,
        owned_by=entry.card.source,
        state=entry.state,
        reason=entry.reason,
        loaded=entry.loaded,
        **entry.card.model_dump(),
    )


def _assistant(services: Services) -> ModelInfo:
    tasks = services.catalog().live_tasks()
    return ModelInfo(
        id=ASSISTANT,
        owned_by="audiogpt-serve",
        state="live" if tasks else "off",
        reason=None if tasks else "no model is live",
        title="AudioGPT: plans a request and runs it over all models",
        tasks=tasks or tuple(TASKS),
        method="composite",
        licence="Apache-2.0",
        source="audiogpt-serve",
        revision="0.1.0",
        memory_mb=1,
    )
