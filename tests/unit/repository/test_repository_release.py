"""`make release`: what is pushed, in which order, and what the published chart says. A cluster's tests install it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import render
from tests.support.fake_programs import FakePrograms

if TYPE_CHECKING:
    from pathlib import Path

COMPONENTS = ("sentiment", "reviews", "frontend", "learning", "scraping", "training")
VERSION = (ROOT / "VERSION").read_text().strip()
DIGEST = "sha256:" + "1" * 64
CHART_DIGEST = "sha256:" + "2" * 64
REGISTRY = "registry.test/team"

BUILDAH = f"""
case "$1 $2" in
  bud*) ! grep -q 'platform linux/riscv64' <<<"$*" || {{ echo "exec format error" >&2; exit 1; }} ;;
  "inspect --type") [ ! -e "$0.builds" ] ;;
  "manifest push" | push*)
    while [ $# -gt 0 ]; do [ "$1" != --digestfile ] || printf %s {DIGEST} >"$2"; shift; done ;;
esac
"""
HELM = f"""
case "$1" in
  show) [ -e "$0.published" ] ;;
  package) tar --create --gzip --file "$4/opine-{VERSION}.tgz" --directory "$(dirname "$2")" opine ;;
  push) echo "Digest: {CHART_DIGEST}" ;;
esac
"""
SYFT = 'for last; do :; done; echo "{}" >"${last#spdx-json=}"'


class Publishing:
    """The repository's files in a folder of their own, and programs that push nowhere."""

    def __init__(self, folder: Path, *, cosign: bool = False) -> None:
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "k8s", "charts", "VERSION"]
        listed += ["tests/cluster/seen.json", "*Dockerfile", "services/sentiment/model/model.json"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        self.root = folder / "opine"
        for name in names:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        # What goes into an image is what Git knows.
        subprocess.run(["git", "init", "--quiet"], cwd=self.root, check=True)
        self.programs = FakePrograms(folder, hidden=("cosign",))
        self.programs.add("buildah", BUILDAH)
        self.programs.add("helm", HELM)
        self.programs.add("syft", SYFT)
        if cosign:
            self.programs.add("cosign")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "k8s/release.py", "--registry", REGISTRY, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.programs.environment, capture_output=True, text=True, check=False
        )

    @property
    def dist(self) -> Path:
        return self.root / "dist/release"

    @property
    def chart(self) -> Path:
        with tarfile.open(self.dist / f"opine-{VERSION}.tgz") as archive:
            archive.extractall(self.root.parent / "unpacked", filter="data")
        return self.root.parent / "unpacked/opine"

    @property
    def pushed(self) -> list[str]:
        """In their order."""
        pushes = [call for call in self.programs.calls if "push" in call]
        return [call[3] if call[0] == "helm" else call[-1].removeprefix("docker://") for call in pushes]


@pytest.fixture
def publishing(tmp_path: Path) -> Publishing:
    return Publishing(tmp_path)


def images(objects: list[dict[str, Any]]) -> dict[str, str]:
    """Of a component's pods, and the version that these say they are."""
    pods = {
        one["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"]["template"]
        for one in objects
        if one["kind"] == "Deployment"
    }
    return {
        pod["spec"]["containers"][0]["image"]: pod["metadata"]["labels"]["app.kubernetes.io/version"]
        for pod in pods.values()
    }


def test_images_and_model_are_there_before_the_chart_that_names_them(publishing: Publishing) -> None:
    done = publishing.run("sentiment", "reviews", "frontend")
    assert done.returncode == 0, done.stderr
    named = [f"{REGISTRY}/opine/{name}:{VERSION}" for name in ("sentiment", "reviews", "frontend", "model")]
    assert publishing.pushed == [*named, f"oci://{REGISTRY}/charts"]
    assert done.stdout.splitlines()[-1] == (
        f"helm install opine oci://{REGISTRY}/charts/opine@{CHART_DIGEST} "
        "--namespace opine --create-namespace --wait --timeout 10m"
    )
    assert "does not have: learning, scraping, training" in done.stdout


def test_the_published_chart_installs_what_was_pushed(publishing: Publishing) -> None:
    assert publishing.run().returncode == 0
    chart = publishing.chart
    tag = f"{VERSION}@{DIGEST}"
    names = ("sentiment", "reviews", "frontend")
    assert images(render(chart=chart)) == {f"{REGISTRY}/opine/{name}:{tag}": VERSION for name in names}
    # Who asks for the image with CUDA gets it.
    cuda = images(
        render(
            values={"secrets": {"allowOfflineGeneration": True}, "sentiment": {"image": {"tag": f"{VERSION}-cuda"}}},
            chart=chart,
        )
    )
    assert f"{REGISTRY}/opine/sentiment:{VERSION}-cuda" in cuda
    values = yaml.safe_load((chart / "values.yaml").read_text())
    tags = {name: values[name]["image"]["tag"] for name in COMPONENTS}
    assert set(tags.values()) == {tag}
    assert json.loads((chart / "values.schema.json").read_text())["properties"]["global"]["properties"]
    assert f"helm install opine oci://{REGISTRY}/charts/opine --version {VERSION}" in (chart / "README.md").read_text()
    listed = yaml.safe_load(yaml.safe_load((chart / "Chart.yaml").read_text())["annotations"]["artifacthub.io/images"])
    assert {"name": "reviews", "image": f"{REGISTRY}/opine/reviews@{DIGEST}"} in listed
    assert len(listed) == len(tags)
    assert (ROOT / "charts/opine/values.yaml").read_text() == (publishing.root / "charts/opine/values.yaml").read_text()


def test_what_was_published_is_written_down(publishing: Publishing) -> None:
    assert publishing.run("--cuda", "sentiment").returncode == 0
    found = sorted(file.name for file in publishing.dist.iterdir())
    sboms = [f"sentiment-{VERSION}-cuda.spdx.json", f"sentiment-{VERSION}.spdx.json"]
    assert found == sorted(["checksums.txt", f"opine-{VERSION}.tgz", "published.json", *sboms])
    lines = (publishing.dist / "checksums.txt").read_text().splitlines()
    assert f"{CHART_DIGEST.removeprefix('sha256:')}  {REGISTRY}/charts/opine" in lines
    assert len(lines) == 4
    assert f"{REGISTRY}/opine/sentiment:{VERSION}-cuda" in publishing.pushed


def test_a_version_is_published_once(publishing: Publishing) -> None:
    (publishing.programs.folder / "helm.published").touch()
    done = publishing.run("reviews")
    assert done.returncode == 1
    assert f"{REGISTRY}/charts/opine:{VERSION} is published already" in done.stderr
    assert publishing.pushed == []


def test_one_index_of_all_platforms(publishing: Publishing) -> None:
    assert publishing.run("--platform", "linux/amd64", "--platform", "linux/arm64", "reviews").returncode == 0
    (created,) = publishing.programs.calls_of("buildah", "manifest", "create")
    assert [name.rpartition("-")[2] for name in created[4:]] == ["amd64", "arm64"]


def test_a_platform_that_cannot_be_built_here_is_named_with_the_way_out(publishing: Publishing) -> None:
    (publishing.programs.folder / "buildah.builds").touch()
    done = publishing.run("--platform", "linux/riscv64", "reviews")
    assert done.returncode == 1
    assert "QEMU's emulation" in done.stderr
    assert publishing.programs.calls_of("buildah", "bud")[-1][-3:] == ["--platform", "linux/riscv64", "."]
    assert publishing.pushed == []


def test_without_cosign_a_signed_release_is_refused_before_anything_is_pushed(publishing: Publishing) -> None:
    done = publishing.run("--sign", "keyless", "reviews")
    assert done.returncode == 1
    assert done.stderr == "cosign is missing: install Sigstore's, or publish without --sign.\n"
    assert publishing.programs.calls == []


@pytest.mark.parametrize(("given", "key"), [("cosign.key", ["--key", "cosign.key"]), ("keyless", [])])
def test_everything_is_signed_by_its_digest(tmp_path: Path, given: str, key: list[str]) -> None:
    publishing = Publishing(tmp_path, cosign=True)
    assert publishing.run("--sign", given, "reviews").returncode == 0
    signed = [call[-1] for call in publishing.programs.calls_of("cosign", "sign", "--yes", *key)]
    assert signed == [
        f"{REGISTRY}/opine/reviews@{DIGEST}",
        f"{REGISTRY}/opine/model@{DIGEST}",
        f"{REGISTRY}/charts/opine@{CHART_DIGEST}",
    ]
    (attested,) = publishing.programs.calls_of("cosign", "attest", "--yes", *key)
    assert attested[-2:] == [
        str(publishing.dist / f"reviews-{VERSION}.spdx.json"),
        f"{REGISTRY}/opine/reviews@{DIGEST}",
    ]


def test_make_asks_where_to() -> None:
    done = subprocess.run(
        ["make", "--silent", "release", f"VERSION={VERSION}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Say where to" in done.stderr


@pytest.mark.parametrize(("write", "options"), [("false", ["--cache-from"]), ("true", ["--cache-from", "--cache-to"])])
def test_layers_are_kept_in_a_registry_where_one_is_named(
    publishing: Publishing, write: str, options: list[str]
) -> None:
    (publishing.programs.folder / "buildah.builds").touch()
    cache = {"IMAGE_CACHE": f"{REGISTRY}/cache", "IMAGE_CACHE_WRITE": write, "BUILDER": "buildah"}
    env = publishing.programs.environment | cache
    subprocess.run(["k8s/images/build", "reviews"], cwd=publishing.root, env=env, capture_output=True, check=True)
    (built,) = publishing.programs.calls_of("buildah", "bud")
    named = [word for word in built if word.startswith("--cache")]
    assert named == options
    assert all(built[built.index(option) + 1] == f"{REGISTRY}/cache" for option in options)
