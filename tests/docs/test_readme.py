from scripts.models_table import ROOT, models_table, with_table


def test_models_table_of_the_readme_is_up_to_date() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme == with_table(readme, models_table(ROOT / "serve_config.embedded.yaml")), (
        "run scripts/models_table.py"
    )
