"""All routes OpenAI's clients call."""

from fastapi import APIRouter

from deployments.api.openai import models
from deployments.api.openai.audio import speech, transcriptions
from deployments.api.openai.chat import completions

router = APIRouter()
for part in (models, transcriptions, speech, completions):
    router.include_router(part.router)
