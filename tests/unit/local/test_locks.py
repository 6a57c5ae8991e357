"""Each component's lock holds what its pyproject.toml asks for, with hashes, no addresses and no other version."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.support import ROOT

LOCKED = [
    "services/sentiment",
    "services/reviews",
    "services/frontend",
    "services/local",
    "training",
    "scraping",
    "tests",
]
LOCAL = re.compile(r"opine-|charcnn$")


def asked(component: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / component / "pyproject.toml").read_text())["project"]
    requirements = [Requirement(text) for text in project["dependencies"]]
    return [requirement for requirement in requirements if not LOCAL.match(requirement.name)]


def pins(text: str) -> dict[str, set[str]]:
    """Versions by name; more than one where they differ by Python version."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", text, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def unmet(requirements: list[Requirement], locked: dict[str, set[str]]) -> list[str]:
    return [
        str(requirement)
        for requirement in requirements
        if not any(requirement.specifier.contains(version) for version in locked.get(requirement.name, ()))
    ]


def lock_of(component: str) -> str:
    return (ROOT / component / "requirements.txt").read_text()


@pytest.mark.parametrize("component", LOCKED)
def test_a_lock_meets_its_pyproject(component: str) -> None:
    assert unmet(asked(component), pins(lock_of(component))) == [], "run make lock"


@pytest.mark.parametrize("component", LOCKED)
def test_a_lock_has_hashes_and_no_addresses(component: str) -> None:
    text = lock_of(component)
    assert "://" not in text
    assert not re.search(r"^[^ #].*[^\\]$", text, re.MULTILINE), "a package without a hash"


@pytest.mark.parametrize("component", LOCKED[:-1])
def test_what_is_tested_is_what_runs(component: str) -> None:
    tested = pins(lock_of("tests"))
    # PyPy's packages are outside the tests' Python versions.
    differing = {name for name, versions in pins(lock_of(component)).items() if versions != tested.get(name)}
    assert differing <= {"cffi", "pycparser"}


def test_a_missing_or_too_old_package_is_found() -> None:
    locked = pins("dash==4.4.1 \\\n    --hash=sha256:00\n")
    assert unmet([Requirement("dash>=4.4")], locked) == []
    assert unmet([Requirement("dash>=5"), Requirement("flask-compress>=1.25")], locked) == [
        "dash>=5",
        "flask-compress>=1.25",
    ]
