"""Connections to the Redis in which limits are counted."""

from redis.asyncio import BlockingConnectionPool

CONNECTIONS = 16  # of a process; further requests wait for one
TIMEOUT_S = 5.0


def connections(url: str) -> BlockingConnectionPool:
    """Return connections to a Redis; each is made when it is needed."""
    return BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
    )
