"""The figures of all nodes, read from where Ray exports them."""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import ray
from prometheus_client.core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

logger = logging.getLogger("ray.serve")

OURS = "ray_audiogpt_"
TIMEOUT_S = 5.0
# Labels that tell nothing: equal everywhere, or of the library that Ray counts with.
NOISE = re.compile(r'(?:Component|SessionName|Version|otel_scope_\w+)="[^"]*",?')
READ = "ray_audiogpt_nodes_read"
SAMPLE = re.compile(r"(?<![\w:])([a-zA-Z_:][\w:]*?)(?:_bucket|_sum|_count|_total)?(?:\{| )")


class NodeFigures:
    """Asks every node's exporter, so that it does not matter which replica is asked."""

    async def text(self) -> bytes:
        """Return the system's own figures; a node that does not answer is missing, and the last lines say so."""
        texts = await _texts()
        read = [text for text in texts if text is not None]
        lines = [*merged(read, OURS), f"# HELP {READ} Nodes whose figures are here", f"# TYPE {READ} gauge"]
        lines += [f'{READ}{{answered="true"}} {len(read)}', f'{READ}{{answered="false"}} {len(texts) - len(read)}']
        return "\n".join([*lines, ""]).encode()

    async def families(self, names: tuple[str, ...]) -> Mapping[str, Family]:
        """Return figures of the nodes themselves by name, the samples of all nodes together."""
        read = [text for text in await _texts() if text is not None]
        lines = [line for name in names for line in merged(read, name)]
        return {family.name: family for family in text_string_to_metric_families("\n".join([*lines, ""]))}


def merged(texts: Iterable[str], prefix: str) -> list[str]:
    """Return the lines of the metrics whose name starts with a prefix, those of a metric together, without noise."""
    kept: dict[str, tuple[list[str], list[str]]] = {}  # of each metric what it is, and its samples
    for text in texts:
        for line in text.splitlines():
            about = line.startswith("#")
            name = line.split(" ")[2] if about else line
            if not name.startswith(prefix):
                continue
            found = SAMPLE.match(f"{name} ")
            told, samples = kept.setdefault(found[1] if found else name, ([], []))
            if not about:
                samples.append(NOISE.sub("", line).replace(",}", "}"))
            elif line not in told:
                told.append(line)
    return [line for told, samples in kept.values() for line in (*told, *samples)]


async def _texts() -> list[str | None]:
    """Return what each node exports, None of one that does not answer."""
    nodes = [node for node in await asyncio.to_thread(ray.nodes) if node["Alive"]]
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        return list(await asyncio.gather(*(_text(client, node) for node in nodes)))


async def _text(client: httpx.AsyncClient, node: Mapping[str, Any]) -> str | None:
    address = f"{node['NodeManagerAddress']}:{node['MetricsExportPort']}"
    try:
        return (await client.get(f"http://{address}/metrics")).raise_for_status().text
    except httpx.HTTPError as exc:
        logger.warning("The figures of node %s cannot be read: %s", address, exc)
        return None
