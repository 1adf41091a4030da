"""Write the models table of the README from the embedded serve config: `python scripts/models_table.py`."""

from pathlib import Path

import yaml

from model_wrappers.tasks import TASKS
from router.spec import ModelSpec

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- models: made by scripts/models_table.py -->", "<!-- end of models -->"


def models_table(config: Path) -> str:
    """Return a Markdown table of a config's models, one row per task and model, in the order of the tasks."""
    applications = yaml.safe_load(config.read_text())["applications"]
    specs = [
        ModelSpec.model_validate(model)
        for application in applications
        for model in application["args"].get("models", [])
    ]
    lines = ["| task | model | method | licence | source | memory |", "|---|---|---|---|---|---|"]
    for task in TASKS:
        for spec in (spec for spec in specs if task in spec.card.tasks):
            card = spec.card
            lines.append(
                f"| {task} | `{spec.id}`: {card.title} | {card.method} | {card.licence} | {card.source} "
                f"| {card.memory_mb} MiB |"
            )
    return "\n".join(lines)


def with_table(readme: str, table: str) -> str:
    """Return the README with the table between its markers."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table}\n{END}{tail}"


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_table(path.read_text(), models_table(ROOT / "serve_config.embedded.yaml")))
