"""Speech as text and voice: sentences, pauses, voice activity, speakers."""
