"""Makes the chart's dashboards: python charts/dashboards [--check]."""

import argparse
import json
import sys
from pathlib import Path

from data import data
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from overview import overview
from product import product
from serving import serving

DASHBOARDS = Path(__file__).parents[1] / "opine/dashboards"


def generated() -> dict[Path, str]:
    """The text of each file."""
    boards = {"overview": overview(), "serving": serving(), "product": product(), "data": data()}
    return {
        DASHBOARDS / f"{name}.json": json.dumps(board, cls=JSONEncoder, indent=1, ensure_ascii=False) + "\n"
        for name, board in boards.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python charts/dashboards", description="Make the chart's dashboards.")
    parser.add_argument("--check", action="store_true", help="only say whether they are current")
    check = parser.parse_args().check
    texts = generated()
    stale = [file for file, text in texts.items() if not file.exists() or file.read_text() != text]
    stale += [file for file in DASHBOARDS.glob("*.json") if file not in texts]
    if check:
        for file in stale:
            sys.stderr.write(f"{file} is not current: run python charts/dashboards\n")
        return bool(stale)
    for file, text in texts.items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
