"""What is in the images, and what the Dockerfiles promise."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT
from tests.support.containers.store import BASE, added_bytes, image_name, run

DOCKERFILES = sorted([*ROOT.glob("services/*/Dockerfile"), *ROOT.glob("*/Dockerfile")])
# python:3.13-slim-trixie as it is published, unpacked; the stand-in here is larger.
PUBLISHED_BASE = 130_000_000
LIMITS = {
    "sentiment": 350_000_000,
    "reviews": 250_000_000,
    "frontend": 320_000_000,
    "learning": 300_000_000,  # 100 MB of it is the client of Kubernetes, for Events
    "scraping": 1_300_000_000,
}


@pytest.mark.parametrize("component", LIMITS)
def test_size(image: Callable[[str], tuple[str, dict[str, Any]]], base: dict[str, Any], component: str) -> None:
    _, description = image(component)
    assert PUBLISHED_BASE + added_bytes(description, base) <= LIMITS[component]


@pytest.mark.parametrize("component", LIMITS)
def test_an_image_is_labelled_and_runs_as_the_fixed_user(
    image: Callable[[str], tuple[str, dict[str, Any]]], component: str
) -> None:
    config = image(component)[1]["OCIv1"]["config"]
    assert config["User"] == "10001:10001"
    assert "Healthcheck" not in config
    labels = {name.removeprefix("org.opencontainers.image.") for name in config["Labels"]}
    assert {"title", "description", "licenses", "version", "revision"} <= labels


@pytest.mark.parametrize("component", LIMITS)
def test_no_compiler_is_left(image: Callable[[str], tuple[str, dict[str, Any]]], component: str) -> None:
    working = run("buildah", "from", image(component)[0])
    try:
        root = Path(run("buildah", "mount", working))
        found = [path for name in ("gcc", "cc", "c++", "ld", "make") for path in root.glob(f"usr/*bin/{name}")]
        assert found == []
        assert (root / "opt/opine/bin/python").is_symlink()
        assert not list(root.glob("opt/opine/lib/python3*/site-packages/pip"))
    finally:
        run("buildah", "rm", working)


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)
def test_a_dockerfile_keeps_the_promises(file: Path) -> None:
    text = file.read_text()
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == [BASE, BASE]
    assert "USER 10001:10001" in text
    assert "HEALTHCHECK" not in text
    assert "pip" not in text, "k8s/images/install does it"


def test_libraries_come_as_wheels_with_their_hashes() -> None:
    commands = re.findall(r"install .*-r .*", (ROOT / "k8s/images/install").read_text())
    assert len(commands) == 2
    for command in commands:
        assert "--require-hashes" in command
        assert "--only-binary :all:" in command


def test_the_same_files_give_the_same_tag_and_a_variant_another() -> None:
    assert image_name("sentiment") == image_name("sentiment")
    assert image_name("sentiment", "--variant", "cuda") != f"{image_name('sentiment')}-cuda"
    assert re.fullmatch(r"docker\.io/opine/reviews:0\.1\.0-[0-9a-f]{12}", image_name("reviews"))


def pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", file.read_text(), re.MULTILINE))


def test_the_cuda_variant_is_the_same_and_pytorch() -> None:
    plain, cuda = (pins(ROOT / f"services/sentiment/requirements{name}.txt") for name in ("", "-cuda"))
    assert plain.items() <= cuda.items(), "run make lock"
    assert "torch" in cuda
    assert "://" not in (ROOT / "services/sentiment/requirements-cuda.txt").read_text()
