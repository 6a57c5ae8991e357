"""docs/architecture.md and CONTRIBUTING.md name what is there, and packages import one way."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
PATH = re.compile(r"`((?:charts|scraping|services|tests|training)/[^`\s]+)`")
PACKAGE_ROW = re.compile(r"^\| `(\w+)` \| \[([\w/]+)\]\([^)]+\) \|(.*)\|$", re.MULTILINE)
# What only this machine's demonstrations need.
NOT_IN_AN_IMAGE = ("services/local", "scraping/demo_site")
DOCKERFILES = sorted([*ROOT.glob("*/Dockerfile"), *ROOT.glob("services/*/Dockerfile")])


def copied(dockerfile: str) -> set[str]:
    """What a Dockerfile copies from the repository."""
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    return {source for sources in copies for source in sources.split()}


def kept_out(sources: set[str]) -> set[str]:
    """Those that would bring one of `NOT_IN_AN_IMAGE` along."""
    return {
        source
        for source in sources
        for out in NOT_IN_AN_IMAGE
        if f"{out}/".startswith(f"{source}/") or source.startswith(out)
    }


def missing_paths(document: str) -> set[str]:
    """Paths in code that do not exist in the repository."""
    return {path for path in PATH.findall(document) if not (ROOT / path).exists()}


def imported_packages(source: str, known: set[str]) -> set[str]:
    """Names among `known` that the module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found & known


def cycle(imports: dict[str, set[str]]) -> list[str]:
    """Packages that import each other, or nothing; those that others do not need are taken away one by one."""
    left = dict(imports)
    while leaves := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in leaves:
            del left[name]
    return sorted(left)


DOCUMENTED = {
    name: (folder, set(re.findall(r"`(\w+)`", needed))) for name, folder, needed in PACKAGE_ROW.findall(ARCHITECTURE)
}


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_path_exists(name: str) -> None:
    document = (ROOT / name).read_text()
    assert len(PATH.findall(document)) > 20
    assert missing_paths(document) == set()


def test_a_path_that_is_gone_is_found() -> None:
    assert missing_paths("`services/gone.py` and `charts/opine`") == {"services/gone.py"}


def test_every_package_is_in_the_table() -> None:
    folders = {str(file.parent.relative_to(ROOT)) for file in ROOT.glob("*/pyproject.toml")}
    folders |= {str(file.parent.relative_to(ROOT)) for file in ROOT.glob("*/*/pyproject.toml")}
    assert {folder for folder, _ in DOCUMENTED.values()} == folders - {"tests"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_package_imports_what_the_table_says(name: str) -> None:
    folder, needed = DOCUMENTED[name]
    modules = list((ROOT / folder / "src" / name).rglob("*.py"))
    assert modules
    known = DOCUMENTED.keys() - {name}
    assert set().union(*(imported_packages(module.read_text(), known) for module in modules)) == needed


def test_dependencies_point_one_way() -> None:
    assert cycle({name: needed for name, (_, needed) in DOCUMENTED.items()}) == []


def test_a_cycle_is_found() -> None:
    assert cycle({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == ["a", "b", "c"]
    assert imported_packages("def f():\n    from a.b import c\n    import d", {"a", "d", "e"}) == {"a", "d"}


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)
def test_an_image_has_nothing_of_the_demonstrations(file: Path) -> None:
    sources = copied(file.read_text())
    assert len(sources) > 4
    assert kept_out(sources) == set()


def test_a_demonstration_in_an_image_is_found() -> None:
    sources = copied("COPY services/local/a.txt scraping /src/\nCOPY --from=build /opt /opt\nCOPY scraping/src src")
    assert kept_out(sources) == {"services/local/a.txt", "scraping"}
