"""What `k8s/kind/up` and `down` ask Docker, kind, kubectl and Helm for; there is no Docker where these tests run."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import ROOT
from tests.support.fake_programs import FakePrograms

if TYPE_CHECKING:
    from pathlib import Path

NODES = dict(line.split() for line in (ROOT / "k8s/kind/nodes.txt").read_text().splitlines())
# Remembers whether there is a cluster.
KIND = """
case "$1 $2" in
  "get clusters") [ ! -e "$0.cluster" ] || echo opine ;;
  "create cluster") touch "$0.cluster" ;;
  "delete cluster") rm -f "$0.cluster" ;;
esac
"""


class Kind:
    def __init__(self, folder: Path) -> None:
        self.programs = FakePrograms(folder, hidden=("kind", "docker"))
        self.programs.add("kind", KIND)
        for name in ("docker", "kubectl", "helm"):
            self.programs.add(name)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "k8s/kind" / script), *arguments]
        return subprocess.run(command, env=self.programs.environment, capture_output=True, text=True, check=False)


@pytest.fixture
def kind(tmp_path: Path) -> Kind:
    return Kind(tmp_path)


def test_from_nothing_to_an_address(kind: Kind) -> None:
    done = kind.run("up")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "http://127.0.0.1:8050"
    (created,) = kind.programs.calls_of("kind", "create", "cluster")
    assert created[3:] == ["--config", "k8s/kind/cluster.yaml", "--image", next(iter(NODES.values())), "--wait", "3m"]
    loaded = [call[-1] for call in kind.programs.calls_of("kind", "load", "docker-image", "--name", "opine")]
    assert [re.sub(r":.*", "", image) for image in loaded] == [
        f"docker.io/opine/{name}" for name in ("sentiment", "reviews", "frontend", "learning")
    ]
    installed, tested = kind.programs.calls_of("helm")
    assert installed[3:7] == ["upgrade", "--install", "opine", "charts/opine"]
    for image in loaded:
        repository, tag = image.split(":")
        assert (
            f"{repository.rpartition('/')[2]}.image.repository={repository},{repository.rpartition('/')[2]}.image.tag={tag}"
            in installed
        )
    assert tested[3:] == ["test", "opine", "--namespace", "opine"]


def test_no_cluster_but_its_own_is_asked(kind: Kind) -> None:
    assert kind.run("up", "--monitoring").returncode == 0
    for program, option in (("kubectl", "--context"), ("helm", "--kube-context")):
        calls = kind.programs.calls_of(program)
        assert calls
        assert {tuple(call[1:3]) for call in calls} == {(option, "kind-opine")}


def test_again_the_cluster_stays(kind: Kind) -> None:
    assert kind.run("up").returncode == 0
    assert kind.run("up").returncode == 0
    assert len(kind.programs.calls_of("kind", "create")) == 1
    assert len(kind.programs.calls_of("helm")) == 4


def test_what_is_installed_is_of_one_version(kind: Kind) -> None:
    assert kind.run("up", "--monitoring").returncode == 0
    charts = [call for call in kind.programs.calls_of("helm") if any(word.startswith("oci://") for word in call)]
    assert len(charts) == 2
    for call in charts:
        assert re.fullmatch(r"\d+\.\d+\.\d+", call[call.index("--version") + 1])
    manifests = [word for call in kind.programs.calls_of("kubectl") for word in call if word.startswith("https://")]
    assert len(manifests) == 2
    assert all(re.search(r"/v\d+\.\d+\.\d+/", manifest) for manifest in manifests)
    files = [word for call in kind.programs.calls for word in call if word.startswith("k8s/")]
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_prerequisites_alone_build_nothing(kind: Kind) -> None:
    assert kind.run("up", "--prerequisites").returncode == 0
    assert kind.programs.calls_of("kind", "load") == []
    assert kind.programs.calls_of("docker", "build") == []
    assert kind.programs.calls_of("helm") == []


def test_another_version_of_kubernetes(kind: Kind) -> None:
    oldest = list(NODES)[-1]
    assert kind.run("up", "--kubernetes", oldest, "--prerequisites").returncode == 0
    (created,) = kind.programs.calls_of("kind", "create")
    assert NODES[oldest] in created
    again = kind.run("up", "--kubernetes", oldest)
    assert again.returncode == 2
    assert "k8s/kind/down first" in again.stderr


def test_a_version_without_an_image_is_refused(kind: Kind) -> None:
    done = kind.run("up", "--kubernetes", "1.12")
    assert done.returncode == 2
    assert f"no image of Kubernetes 1.12: {' '.join(NODES)}" in done.stderr
    assert kind.programs.calls_of("kind", "create") == []


def test_what_is_missing_is_named(kind: Kind) -> None:
    (kind.programs.folder / "kind").unlink()
    for script in ("up", "down"):
        done = kind.run(script)
        assert done.returncode == 1
        assert done.stderr == "kind is missing: see k8s/kind/README.md\n"


def test_a_docker_that_is_not_running_is_named(kind: Kind) -> None:
    kind.programs.add("docker", "exit 1")
    done = kind.run("up")
    assert done.returncode == 1
    assert done.stderr.startswith("Docker does not answer")
    assert kind.programs.calls_of("kind") == []


def test_down_takes_away_what_is_there_and_may_be_repeated(kind: Kind) -> None:
    assert kind.run("up", "--prerequisites").returncode == 0
    assert kind.run("down").returncode == 0
    assert kind.run("down").returncode == 0
    assert kind.programs.calls_of("kind", "delete") == [["kind", "delete", "cluster", "--name", "opine"]] * 2
    assert kind.run("up", "--prerequisites").returncode == 0
    assert len(kind.programs.calls_of("kind", "create")) == 2
