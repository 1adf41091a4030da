"""The parts of the singer: reading melodies, fitting words to notes, timing and pitch, the voice."""
