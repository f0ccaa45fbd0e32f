"""Writes the dashboards to grafana/dashboards/*.json, always the same bytes; ``--check`` only says which are stale.

Run ``python grafana/build.py`` after a change under grafana/sansang_dashboards/ and commit both.
"""

import argparse
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from sansang_dashboards import DASHBOARDS

FOLDER = Path(__file__).parent / "dashboards"


def rendered() -> dict[str, str]:
    """The text of every dashboard file, by file name."""
    encoder = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False)
    return {f"{name}.json": encoder.encode(build().build()) + "\n" for name, build in DASHBOARDS.items()}


def stale(folder: Path) -> list[str]:
    """Names of files in ``folder`` that are missing, differ from the code, or have no code."""
    wanted = rendered()
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main(arguments: list[str] | None = None) -> int:
    """Writes, or with ``--check`` compares; 1 means stale."""
    parser = argparse.ArgumentParser(description="Build the Grafana dashboards")
    parser.add_argument("--check", action="store_true", help="only say whether the committed files are stale")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the JSON files are (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.check:
        names = stale(options.folder)
        for name in names:
            print(f"{options.folder / name} is stale: run python grafana/build.py", file=sys.stderr)
        return 1 if names else 0
    for name, text in rendered().items():
        (options.folder / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
