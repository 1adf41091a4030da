"""The production config as it is deployed, with stand-ins for its models."""

from pathlib import Path
from typing import Any

import yaml

from deployments.placement.rendering import rendered
from router.spec import ModelSpec

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "serve_config.yaml"
STAND_IN = "tests.nodes.models:StandIn"


def production_config(version: str, port: int, folder: Path) -> dict[str, Any]:
    """Return the whole config of a version, rendered as an operator does, on the loopback interface.

    Models that have no replica at the start share an application, because one costs seconds of a core to start.
    There is no LLM, which nothing stands in for: the offline planner plans.

    Args:
        version: Of the code.
        port: Of the only proxy: nodes on one machine would want the same ports.
        folder: The stand-ins' own.
    """
    config: dict[str, Any] = yaml.safe_load(rendered(CONFIG, version))
    config["proxy_location"] = "HeadOnly"
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    apart: list[dict[str, Any]] = []
    together: list[dict[str, Any]] = []
    for application in [each for each in config["applications"] if each["name"] != "llm"]:
        application["args"].pop("llm_application", None)
        application["args"] = args = _stand_in(application["args"], folder)
        idle = "wrapper" in args and not args.get("min_replicas")
        (together if idle else apart).append(application)
    entries = [{name: value for name, value in each["args"].items() if name != "version"} for each in together]
    rest = together[0] | {"name": "others", "args": {"version": version, "models": entries, "defaults": {}}}
    config["applications"] = [*apart, rest]
    return config


def model_application(name: str, folder: Path, scaling: dict[str, Any]) -> dict[str, Any]:
    """Return an application with a stand-in of its own beside the config's, with options of Serve's autoscaling."""
    wrapper = "model_wrappers.embedded.espeak_ng:EspeakNG"
    entry = {"id": name, "wrapper": wrapper, "resources": {"cpu_node": 0.001}}
    return {
        "name": name,
        "route_prefix": None,
        "import_path": "deployments.builders:models",
        "args": _stand_in(entry, folder),
        "deployments": [{"name": name, "autoscaling_config": scaling}],
    }


def _stand_in(args: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a model's entry with its stand-in; composites have no replicas, so that they are the real ones."""
    if "wrapper" not in args:
        return args
    entry = {name: value for name, value in args.items() if name != "version"}
    if ModelSpec.model_validate(entry).card.is_composite:
        return args
    theirs = {"name": args["id"], "of": args["wrapper"], "of_args": args.get("args", {}), "folder": str(folder)}
    return args | {"wrapper": STAND_IN, "args": theirs, "device": "cpu"}
