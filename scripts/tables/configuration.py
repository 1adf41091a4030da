"""docs/configuration.md, from the settings themselves."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from deployments.serve.llm.arguments import LLMArgs
from llm_planner.online.settings import LLMSettings
from model_wrappers.contract.environment import EnvironmentSettings
from router.settings import OTHER_VARIABLES, Settings
from router.spec import ModelSpec, Replicas

ROOT = Path(__file__).parents[2]
HEAD = """\
# Configuring

<!-- made by `make tables` -->

## Models

A serve config is Ray Serve's own file. Each application names a builder of `deployments/builders.py`:

| import_path | what it builds | args |
|---|---|---|
| `deployments.builders:models` | a deployment per model | an entry, or several under `models` with shared `defaults` |
| `deployments.builders:llm` | the LLM that plans, by vLLM through Ray Serve LLM | as below |
| `deployments.builders:planner` | the planner | `llm_application` |
| `deployments.builders:ingress` | the HTTP API | `planner_application` |
| `deployments.builders:system` | all of them in one application | as `models` |

One entry is one model:

```yaml
- {id: yamnet, wrapper: "model_wrappers.embedded.yamnet:YAMNet", max_batch_size: 8, max_replicas: 4}
```
"""
MIDDLE = """
Ray Serve's options of the deployment follow from the entry. What stands for it under the application's `deployments`
overrides them, and changes bounds without restarting its replicas; a change of an entry replaces these, one after
another. An `autoscaling_config` there stands for all that follows from the entry, the policy that sees plans with it.
`audiogpt config check FILE` reads a config as the builders do and refuses what cannot work or fit.

## Environment variables

Read by every process of the server at its start; one that is empty counts as not set. A value that is not allowed and
a name that looks like a misspelt one end the start with a message that names them.
"""
CLUSTER_LLM = """
The LLM of the cluster itself has an entry of its own, with the fields about replicas above and these:
"""
LLM = "\nAn LLM elsewhere, asked instead of the cluster's own; where there is neither the offline planner plans:\n"
OTHERS = "\nRead by single parts:\n"


def configuration() -> str:
    """Return the page."""
    entry = ((name, field) for name, field in ModelSpec.model_fields.items())
    shared = Replicas.model_fields.keys() - {"accelerator_type", "num_gpus"}
    own = ((name, field) for name, field in LLMArgs.model_fields.items() if name not in shared | {"version"})
    others = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items())
    return "\n".join(
        [
            HEAD,
            _table("field", entry),
            CLUSTER_LLM,
            _table("field", own),
            MIDDLE,
            _table("variable", _variables(Settings)),
            LLM,
            _table("variable", _variables(LLMSettings)),
            OTHERS,
            f"| variable | what it is |\n|---|---|\n{others}\n",
        ]
    )


def _variables(settings: type[EnvironmentSettings]) -> Iterable[tuple[str, FieldInfo]]:
    return ((name, settings.model_fields[field]) for field, name in settings.variables().items())


def _table(what: str, fields: Iterable[tuple[str, FieldInfo]]) -> str:
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in fields]
    return "\n".join([f"| {what} | default | what it is |", "|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if field.is_required():
        return "needed"
    if isinstance(value, tuple):
        value = ",".join(value)
    if field.default_factory is not None or value in (None, "") or isinstance(value, (SecretStr, dict)):
        return ""
    return f"`{value}`".replace(f"{ROOT}/", "")  # the same wherever the project lies
