"""The catalog on the real system, whose two ingresses know the same."""

import asyncio

import httpx

from deployments.serve.publishing import Post, RayBoard, opened
from tests.integration.conftest import System, wait_until

IN_A_ROW = 4


def test_one_process_posts_the_catalog_for_all(system: System, http: httpx.Client) -> None:
    posts: list[Post] = []

    def posted_in_a_row() -> bool:
        found = asyncio.run(RayBoard().get())
        if found is not None and (post := opened(found)) not in posts[-1:]:
            posts.append(post)
        return len(posts) >= IN_A_ROW and len({post.by for post in posts[-IN_A_ROW:]}) == 1

    wait_until(posted_in_a_row, f"{IN_A_ROW} posts by one process")
    told = http.get("/readyz").json()
    assert {entry.id for entry in posts[-1].catalog.models} == {*told["live"], *told["starting"], *told["off"]}
