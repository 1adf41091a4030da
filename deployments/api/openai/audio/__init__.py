"""OpenAI's speech, transcriptions and translations."""
