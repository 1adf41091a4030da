"""A board in memory."""


class MemoryBoard:
    """Holds what was posted last."""

    def __init__(self) -> None:
        self.post: bytes | None = None

    async def get(self) -> bytes | None:
        return self.post

    async def put(self, post: bytes) -> None:
        self.post = post
