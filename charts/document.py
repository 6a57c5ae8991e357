"""Makes the chart's values.schema.json and README.md from values.yaml: python charts/document.py [--check] [CHART].

In values.yaml a comment above a key says what it is: `# -- text`, which may go on in the next comment line. `@section`
begins a part of the README's table. A line `# @schema {...}` holds JSON Schema for the key; without one the type is
that of the default, and a map is a group of its own whose keys are described in turn. Every object is closed.
"""

import argparse
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CHARTS = Path(__file__).parent
# What `make drills` saw last.
SEEN = CHARTS.parent / "tests/cluster/seen.json"
KEY = re.compile(r"^( *)([A-Za-z][\w-]*):")
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


class DocumentError(ValueError):
    """values.yaml does not say what is needed; the message names the key."""


@dataclass
class Value:
    path: tuple[str, ...]
    text: str
    schema: dict[str, Any]
    default: Any
    section: str


@dataclass
class Comments:
    """What the comment lines above a key say."""

    text: list[str] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    section: str | None = None

    def read(self, line: str) -> None:
        comment = line.strip().removeprefix("#").strip()
        if comment.startswith("-- @section "):
            self.section = comment.removeprefix("-- @section ")
        elif comment.startswith("-- "):
            self.text = [comment.removeprefix("-- ")]
        elif comment.startswith("@schema "):
            self.schema = yaml.safe_load(comment.removeprefix("@schema "))
        elif self.text:
            self.text.append(comment)


def read_values(source: str) -> list[Value]:
    """All leaves in the order of the file.

    Raises:
        DocumentError: a leaf without a description, or a list or map whose schema cannot be told.
    """
    defaults = yaml.safe_load(source)
    found: list[Value] = []
    above: list[tuple[int, str]] = []
    comments, section, described = Comments(), "General", -1
    for line in source.splitlines():
        if line.lstrip().startswith("#"):
            comments.read(line)
            continue
        key = KEY.match(line)
        if key is None or (0 <= described < len(key[1])):
            if not line.strip():
                comments = Comments()
            continue
        above = [parent for parent in above if parent[0] < len(key[1])]
        path = (*(name for _, name in above), key[2])
        default = defaults
        for name in path:
            default = default[name]
        section = comments.section or section
        described = -1
        if isinstance(default, dict) and comments.schema is None:
            above.append((len(key[1]), key[2]))
        else:
            found.append(Value(path, " ".join(comments.text), leaf_schema(path, comments, default), default, section))
            described = len(key[1])
        comments = Comments()
    return found


def leaf_schema(path: tuple[str, ...], comments: Comments, default: object) -> dict[str, Any]:
    name = ".".join(path)
    if not comments.text:
        raise DocumentError(f"{name} has no description")
    schema = dict(comments.schema or {})
    if not {"$ref", "type", "enum"} & schema.keys():
        if type(default) not in TYPES or isinstance(default, list):
            raise DocumentError(f"{name} needs an @schema line: its default does not tell its type")
        schema = {"type": TYPES[type(default)], **schema}
    return schema


def with_references(schema: Any) -> Any:  # noqa: ANN401  any JSON
    """`$ref: name` becomes a JSON pointer into the definitions."""
    if isinstance(schema, list):
        return [with_references(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: f"#/$defs/{value}" if key == "$ref" else with_references(value) for key, value in schema.items()}


def make_schema(values: list[Value], definitions: dict[str, Any]) -> dict[str, Any]:
    root: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Values of the chart opine",
        "type": "object",
        "additionalProperties": False,
        "properties": {},
        "$defs": with_references(definitions),
    }
    for value in values:
        node = root
        for name in value.path[:-1]:
            group = {"type": "object", "additionalProperties": False, "properties": {}}
            node = node["properties"].setdefault(name, group)
        # `default` and `description` beside a `$ref` count since draft 2019-09.
        leaf = {"description": value.text, **with_references(value.schema), "default": value.default}
        node["properties"][value.path[-1]] = leaf
    # Helm hands the parent's globals down, and sub-charts' switches.
    return root


def make_table(values: list[Value]) -> str:
    lines: list[str] = []
    section = None
    for value in values:
        if value.section != section:
            section = value.section
            lines += ["", f"### {section}", "", "| value | default | meaning |", "| --- | --- | --- |"]
        default = json.dumps(value.default, ensure_ascii=False)
        cells = (f"`{'.'.join(value.path)}`", f"`{default}`", value.text)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).strip() + "\n"


def make_seen(seen: dict[str, Any]) -> str:
    """Tables of what the drills saw."""
    head = (
        "what was broken",
        "as promised",
        "requests",
        "failed",
        "seconds of failures",
        "reviews saved",
        "lost",
        "doubled",
    )
    rows: list[tuple[object, ...]] = [head, ("---",) * len(head)]
    for row in seen["drills"]:
        failed = ", ".join(f"{number} {name}" for name, number in row["failed"].items())
        promised = "yes" if row["passed"] else "**no**"
        counts = (row["requests"], failed or 0, row["failing_s"], row["saved"], row["lost"], row["doubled"])
        rows.append((row["what"], promised, *counts))
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows] if seen["drills"] else []
    if seen["figures"]:
        figures = [f"| {what} | {figure} |" for what, figure in seen["figures"].items()]
        lines += ["", "| what | seen |", "| --- | --- |", *figures]
    return "\n".join(lines).strip()


def make_readme(template: str, chart: dict[str, Any], values: list[Value], seen: dict[str, Any]) -> str:
    (registry,) = [value.default for value in values if value.path == ("global", "imageRegistry")]
    text = template.replace("@VERSION@", chart["version"]).replace("@KUBERNETES@", oldest_kubernetes(chart))
    # A published chart's own; in the repository a name that nobody has.
    text = text.replace("@REGISTRY@", registry or "registry.example.org")
    return text.replace("@SEEN@", make_seen(seen)).replace("@VALUES@", make_table(values).rstrip("\n"))


def oldest_kubernetes(chart: dict[str, Any]) -> str:
    found = re.search(r"\d+\.\d+", chart["kubeVersion"])
    if found is None:
        raise DocumentError(f"Chart.yaml: kubeVersion {chart['kubeVersion']} names no version")
    return found[0]


def generated(chart: Path = CHARTS / "opine") -> dict[Path, str]:
    """The text of each generated file."""
    values = read_values((chart / "values.yaml").read_text())
    definitions = yaml.safe_load((CHARTS / "definitions.yaml").read_text())
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    schema = json.dumps(make_schema(values, definitions), indent=2, ensure_ascii=False) + "\n"
    seen = json.loads(SEEN.read_text())
    readme = make_readme((CHARTS / "README.md.template").read_text(), about, values, seen)
    return {chart / "values.schema.json": schema, chart / "README.md": readme}


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the chart's schema and README from values.yaml.")
    parser.add_argument(
        "chart", nargs="?", type=Path, default=CHARTS / "opine", help="its folder; default: %(default)s"
    )
    parser.add_argument("--check", action="store_true", help="only say whether they are current")
    options = parser.parse_args()
    made = generated(options.chart)
    stale = [file for file, text in made.items() if not file.exists() or file.read_text() != text]
    if options.check:
        for file in stale:
            sys.stderr.write(f"{file} is not current: run python charts/document.py\n")
        return bool(stale)
    for file, text in made.items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
