"""Write what is made from code and configs, or tell what is stale: `python -m scripts.tables [--check]`."""

import argparse
import sys

from scripts.tables.pages import ROOT, made


def main() -> None:
    """Write every file, or end with status 1 if one is not as it would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is stale")
    check = parser.parse_args().check
    stale = [path for path, text in made().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if check and stale:
        sys.exit(f"Stale: {', '.join(str(path.relative_to(ROOT)) for path in stale)}; run: make tables")
    for path in stale:
        path.write_text(made()[path], encoding="utf-8")


if __name__ == "__main__":
    main()
