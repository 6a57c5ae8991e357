"""A model that is named in Git: an image by digest, mounted into the pods, which no release replaces."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from charcnn.artefact import artefact_digest, read_manifest
from opine_local.release_demo import CANDIDATES, make_version

from tests.support import ROOT
from tests.support.cluster.commands import CLUSTER, run
from tests.support.cluster.registry import Registry
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

PUSHED = "10.99.0.1:5000/opine/model:pinned"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_version(ROOT / "services/sentiment/model", tmp_path / "pinned", CANDIDATES[0])


@pytest.fixture
def image(env: dict[str, str], folder: Path) -> str:
    """Pushed by the documented command, named by its digest."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no registry of ours")
    run(str(CLUSTER), "registry", env=env)
    plain = {**env, "PLAIN_HTTP": "true"}
    return run("make", "--silent", "model-image", f"MODEL={folder}", f"IMAGE={PUSHED}", env=plain).strip()


def served(release: Release) -> set[tuple[str, str]]:
    """Where the pods have their versions from, and which."""
    found = set()
    for pod in release.pods("sentiment"):
        with urlopen(f"http://{pod['status']['podIP']}:3000/v1/models", timeout=20) as answer:
            models = json.load(answer)
        found.add((models["source"], models["live"]["digest"]))
    return found


def test_an_image_pins_a_version_and_leaves_without_a_failed_request(
    settled: Release, under_load: Callable[..., Any], image: str, folder: Path
) -> None:
    registry = Registry(settled)
    wait_until(lambda: registry.plan["live"], "the first version", 240)
    plan = registry.plan
    digest = artefact_digest(folder, read_manifest(folder))
    with under_load("a model pinned by an image, then given back to releases", release=settled) as load:
        settled.upgrade({"sentiment": {"model": {"image": image}}, "learning": {"schedule": "* * * * *"}})
        assert served(settled) == {("image", digest)}
        wait_until(
            lambda: digest in {item["digest"] for item in registry.get("/models")["items"]}, "it is registered", 150
        )
        assert registry.plan["revision"] == plan["revision"], "the judge only watches"
        settled.upgrade()
        assert served(settled) == {("registry", plan["live"]["digest"])}
    assert load.failures == []
