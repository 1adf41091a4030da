"""OpenAI's chat completions over turns of a dialogue."""
