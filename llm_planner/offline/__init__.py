"""The offline planner: a plan from a request without LLM and without network."""

from llm_planner.offline.planner import OfflinePlanner

__all__ = ["OfflinePlanner"]
