"""The chart's alerts, as a release renders them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.chart.rendering import RELEASE, Object
from tests.support.chart.workloads import of_kind


@dataclass(frozen=True)
class Promtool:
    program: str

    def __call__(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        command = [self.program, *arguments]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def find_promtool() -> Promtool | None:
    program = shutil.which("promtool")
    return None if program is None else Promtool(program)


def rule_groups(objects: list[Object]) -> dict[str, Any]:
    """By the file that they came from."""
    return {
        an_object["metadata"]["name"].removeprefix(f"{RELEASE}-").replace("-", "_"): an_object["spec"]
        for an_object in of_kind(objects, "PrometheusRule")
    }


def rules(objects: list[Object]) -> list[Object]:
    return [
        rule
        for groups in rule_groups(objects).values()
        for group in groups["groups"]
        for rule in group.get("rules", [])
    ]


def write_rules(objects: list[Object], folder: Path) -> None:
    folder.mkdir()
    for name, groups in rule_groups(objects).items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(groups))
