"""What the drills saw last, kept in a file that the chart's README is made from."""

import datetime as dt
import importlib.util
import json
from dataclasses import dataclass, field
from typing import Any

from tests.support import ROOT

FILE = ROOT / "tests/cluster/seen.json"

_spec = importlib.util.spec_from_file_location("chart_document", ROOT / "charts/document.py")
assert _spec is not None
assert _spec.loader is not None
_document = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_document)
make_seen = _document.make_seen


@dataclass
class Seen:
    drills: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Not kept: a line a failed request, to look into."""

    def __bool__(self) -> bool:
        return bool(self.drills or self.figures)

    def as_json(self) -> dict[str, Any]:
        return {"drills": self.drills, "figures": self.figures}

    def record(self) -> None:
        """What was drilled now takes the place of what was seen before."""
        kept = json.loads(FILE.read_text())
        at = dt.datetime.now(dt.UTC).date().isoformat()
        rows = {row["what"]: row for row in kept["drills"]}
        rows.update({row["what"]: row | {"at": at} for row in self.drills})
        figures = kept["figures"] | self.figures
        FILE.write_text(json.dumps({"drills": list(rows.values()), "figures": figures}, indent=1) + "\n")
