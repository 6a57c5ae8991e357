"""`make release` to a registry; then the READMEs' commands from an empty folder: install, upgrade, roll back."""

import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from tests.support import ROOT
from tests.support.cluster.commands import CLUSTER, run
from tests.support.cluster.documented import block, blocks_in, follow
from tests.support.cluster.release import VALUES, Release, wait_until
from tests.support.cluster.working_copy import copy_of_repository

pytestmark = pytest.mark.drill

ADDRESS = "10.99.0.1:5000"
DEPLOYED = ("sentiment", "reviews", "frontend")
COMPONENTS = (*DEPLOYED, "learning")
VERSION = (ROOT / "VERSION").read_text().strip()
NEXT = "99.0.0"

# What a cluster of one small node and a registry without TLS need beside the commands, and which registry is meant.
HELM = f"""#!/bin/bash
set -- "${{{{@/registry.example.org/{{registry}}}}}}"
case "$1" in
  install|upgrade) exec {{helm}} "$@" --plain-http --values {VALUES} ;;
  show) exec {{helm}} "$@" --plain-http ;;
  *) exec {{helm}} "$@" ;;
esac
"""


@dataclass(frozen=True)
class Published:
    registry: str
    env: dict[str, str]
    lines: dict[str, str]
    """By version, the one that `make release` printed last."""

    def readme(self, version: str) -> str:
        return run("helm", "show", "readme", f"oci://{self.registry}/charts/opine", "--version", version, env=self.env)


@pytest.fixture(scope="module")
def published(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Published:
    """This version and the next, from a copy of the repository."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no registry of ours")
    run(str(CLUSTER), "registry", env=env, timeout=600)
    folder = tmp_path_factory.mktemp("registry")
    copied = copy_of_repository(folder / "opine")
    registry = f"{ADDRESS}/e2e-{time.time_ns()}"
    wrapper = folder / "bin/helm"
    wrapper.parent.mkdir()
    wrapper.write_text(HELM.format(helm=shutil.which("helm", path=env["PATH"]), registry=registry))
    wrapper.chmod(0o755)
    lines = {version: publish(copied, version, registry, env) for version in (VERSION, NEXT)}
    return Published(registry, {**env, "PATH": f"{wrapper.parent}:{env['PATH']}"}, lines)


def publish(copied: Path, version: str, registry: str, env: dict[str, str]) -> str:
    arguments = f"--plain-http {' '.join(COMPONENTS)}"
    command = ["make", "--silent", "release", f"VERSION={version}", f"REGISTRY={registry}", f"ARGS={arguments}"]
    # Of newer files than its stamp, .venv-test would be made anew.
    command += ["--old-file=.venv-test/installed"]
    done = subprocess.run(command, cwd=copied, env=env, capture_output=True, text=True, check=False, timeout=2400)
    assert done.returncode == 0, done.stderr[-5000:]
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def release(published: Published, pytestconfig: pytest.Config) -> Iterator[Release]:
    """In a namespace of its own; the README's commands install into it."""
    of = Release(published.env, f"{pytestconfig.getoption('namespace')}-registry")
    yield of
    if not pytestconfig.getoption("keep"):
        of.delete_namespace()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def images(release: Release) -> set[str]:
    return {
        container["image"]
        for component in DEPLOYED
        for pod in release.pods(component)
        for container in pod["spec"]["containers"]
    }


def test_the_readme_of_the_published_chart_installs_it(
    release: Release, published: Published, empty: Path, tmp_path: Path, figures: dict[str, str]
) -> None:
    (commands,) = blocks_in(published.readme(VERSION), "helm install opine oci://")
    assert f"oci://{published.registry}/charts/opine --version {VERSION}" in commands
    started = time.monotonic()
    assert "Succeeded" in follow(release, f"cd {empty}\n{commands}", tmp_path)
    figures["`helm install oci://` from the registry to a passed `helm test`"] = f"{time.monotonic() - started:.0f} s"
    found = images(release)
    assert len(found) == len(DEPLOYED)
    for image in found:
        assert re.fullmatch(rf"{re.escape(published.registry)}/opine/\w+:{VERSION}@sha256:[0-9a-f]{{64}}", image), image


def test_the_printed_line_is_by_digest(published: Published) -> None:
    for line in published.lines.values():
        assert re.fullmatch(
            rf"helm install opine oci://{published.registry}/charts/opine@sha256:[0-9a-f]{{64}} --plain-http "
            "--namespace opine --create-namespace --wait --timeout 10m",
            line,
        )


def test_the_next_version_and_back(release: Release, published: Published, empty: Path, tmp_path: Path) -> None:
    wait_until(release.is_restored, "every pod ready", 240)
    # The line that make release printed, for who has one already.
    upgrade = published.lines[NEXT].replace("helm install", "helm upgrade").replace(" --create-namespace", "")
    follow(release, f"cd {empty}\n" + upgrade.replace(" --plain-http", ""), tmp_path)
    assert all(f":{NEXT}@sha256:" in image for image in images(release))
    release.helm("rollback", "opine", "--wait")
    wait_until(lambda: all(f":{VERSION}@sha256:" in image for image in images(release)), "the version before", 240)
    info = json.loads(release.helm("list", "--output", "json"))
    assert info[0]["chart"] == f"opine-{VERSION}"


def test_the_first_screen_installs_the_newest_and_shows_the_page(
    release: Release, published: Published, empty: Path, tmp_path: Path
) -> None:
    release.helm("uninstall", "opine", "--wait")
    *install, forward = block("README.md", "helm install opine oci://").splitlines()
    assert "Succeeded" in follow(release, "\n".join([f"cd {empty}", *install]), tmp_path)
    assert all(f":{NEXT}@sha256:" in image for image in images(release))
    # At a port of its own: 8050 may be another's here.
    command = shlex.split(forward, comments=True)
    assert command[-2:] == ["service/opine-frontend", "8050:80"]
    command[command.index("opine")] = release.namespace
    with subprocess.Popen([*command[:-1], ":80"], env=published.env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
            assert found is not None
            assert urllib3.request("GET", f"http://{found[0]}/", timeout=20).status == 200
        finally:
            process.terminate()


def test_a_published_version_stays(published: Published, tmp_path: Path) -> None:
    copied = copy_of_repository(tmp_path / "opine")
    with pytest.raises(AssertionError, match="is published already"):
        publish(copied, VERSION, published.registry, published.env)
