"""Planning and replying with an OpenAI-compatible LLM."""
