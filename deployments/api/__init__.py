"""The HTTP API as a FastAPI application over injected services; knows nothing of Ray."""
