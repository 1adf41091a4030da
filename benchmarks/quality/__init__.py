"""Speech recognition beside the bare library with the same weights."""
