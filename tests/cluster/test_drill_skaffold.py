"""skaffold on a cluster: from a saved file to the answer that shows it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
import yaml

from tests.support import ROOT
from tests.support.cluster.commands import CLUSTER, CommandError, run
from tests.support.cluster.release import Release, wait_until
from tests.support.cluster.working_copy import copy_of_repository

pytestmark = pytest.mark.drill

REGISTRY = "10.99.0.1:5000"
TITLE = "<title>Offline"
DESCRIPTION = "Review a brand and watch"
PROFILES = {profile["name"]: profile for profile in yaml.safe_load((ROOT / "skaffold.yaml").read_text())["profiles"]}
LAYOUT = "services/frontend/src/opine_frontend/layout.py"


@dataclass(frozen=True)
class Skaffold:
    release: Release
    copied: Path

    @property
    def context(self) -> str:
        return run("kubectl", "config", "current-context", env=self.release.env).strip()

    def command(self, verb: str, *options: str) -> list[str]:
        place = f"--default-repo={REGISTRY}/{self.release.namespace}"
        return ["skaffold", verb, "--profile=ci", place, "--port-forward=off", *options]

    def run(self, *options: str) -> None:
        done = subprocess.run(
            self.command("run", *options), cwd=self.copied, env=dict(self.release.env), capture_output=True, text=True,
            check=False, timeout=1200,
        )  # fmt: skip
        if done.returncode:
            raise CommandError(f"{done.stdout}{done.stderr}"[-3000:])

    @contextmanager
    def dev(self) -> Iterator[None]:
        log = self.copied.parent / "dev.log"
        options = (f"--kube-context={self.context}", "--tail=false", "--cleanup=false")
        with log.open("w") as output:
            process = subprocess.Popen(
                self.command("dev", *options), cwd=self.copied, env=dict(self.release.env),
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            wait_until(lambda: "Watching for changes" in log.read_text() or process.poll() is not None, "skaffold", 600)
            assert process.poll() is None, log.read_text()[-3000:]
            yield
        finally:
            process.terminate()
            process.wait(60)

    def save(self, file: str, old: str, new: str) -> None:
        before = (self.copied / file).read_text()
        assert old in before
        (self.copied / file).write_text(before.replace(old, new))

    def wait_for(self, component: str, path: str, text: str) -> float:
        """Seconds until an answer has the text."""
        started = time.monotonic()
        address = self.release.address(component)

        def answered() -> bool:
            try:
                answer = urllib3.request("GET", f"{address}{path}", timeout=2, retries=False)
            except urllib3.exceptions.HTTPError:
                return False
            return text in answer.data.decode()

        while not answered():
            assert time.monotonic() < started + 300, f"not in 300 s: {text} at {path}"
            time.sleep(0.1)
        return time.monotonic() - started

    def pod(self, component: str) -> str:
        (pod,) = self.release.pods(component)
        name: str = pod["metadata"]["name"]
        return name


@pytest.fixture(scope="module")
def skaffold(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Skaffold]:
    """With its namespace in the copy's skaffold.yaml, in place of the one that people use."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no registry of ours")
    run(str(CLUSTER), "registry", env=env, timeout=600)
    program = Path(run(str(CLUSTER), "program", "skaffold", env=env, timeout=1200).strip())
    release = Release({**env, "PATH": f"{program.parent}:{env['PATH']}", "PLAIN_HTTP": "true"},
                      f"{pytestconfig.getoption('namespace')}-skaffold")  # fmt: skip
    of = Skaffold(release, copy_of_repository(tmp_path_factory.mktemp("skaffold") / "opine"))
    of.save("skaffold.yaml", "namespace: opine", f"namespace: {release.namespace}")
    release.create_namespace()
    yield of
    if not pytestconfig.getoption("keep"):
        release.delete_namespace()


@pytest.fixture(scope="module")
def installed(skaffold: Skaffold, figures: dict[str, str]) -> Skaffold:
    started = time.monotonic()
    skaffold.run(f"--kube-context={skaffold.context}")
    figures["`skaffold run`, images built from the layers of before"] = f"{time.monotonic() - started:.0f} s"
    return skaffold


@pytest.mark.parametrize(
    "profiles", ["local", "kind", "eks", "ci", "kind,gpu", "eks,gpu,jobs", "kind,jobs,dev", "kind,debug"]
)
def test_skaffold_takes_the_profiles(skaffold: Skaffold, profiles: str) -> None:
    written = run("skaffold", "diagnose", "--yaml-only", "--profile", profiles, env=skaffold.release.env)
    (release,) = yaml.safe_load(written)["deploy"]["helm"]["releases"]
    assert all((ROOT / file).is_file() for file in release["valuesFiles"])
    for profile in profiles.split(","):
        given = [patch["value"] for patch in PROFILES[profile].get("patches", []) if "valuesFiles" in patch["path"]]
        assert set(given) <= set(release["valuesFiles"])


def test_skaffold_refuses_a_profile_that_is_not_there(skaffold: Skaffold) -> None:
    with pytest.raises(CommandError, match="aks"):
        run("skaffold", "diagnose", "--yaml-only", "--profile=aks", env=skaffold.release.env)


def test_run_installs_what_lies_here(installed: Skaffold) -> None:
    assert installed.release.helm("test", "opine")
    for component in ("sentiment", "reviews", "frontend"):
        for pod in installed.release.pods(component):
            assert pod["spec"]["containers"][0]["image"].startswith(f"{REGISTRY}/{installed.release.namespace}/")


def test_a_cluster_that_nobody_named_is_left_alone(installed: Skaffold) -> None:
    before = installed.release.helm("list", "--output", "json")
    with pytest.raises(CommandError, match=r'context "named-by-a-profile-or-by---kube-context" does not exist'):
        installed.run()
    assert installed.release.helm("list", "--output", "json") == before


def test_saved_files_answer_in_the_running_pods(installed: Skaffold, figures: dict[str, str]) -> None:
    with installed.dev():
        before = {component: installed.pod(component) for component in ("frontend", "reviews")}
        page = "services/frontend/src/opine_frontend/offline/page.html"
        installed.save(page, TITLE, f"{TITLE} now")
        template = installed.wait_for("frontend", "/offline/page.html", f"{TITLE} now")
        installed.save(LAYOUT, DESCRIPTION, "Read this")
        python = installed.wait_for("frontend", "/", "Read this")
        installed.save("services/reviews/src/opine_reviews/api/openapi.py", '"Opine reviews"', '"Opine, changed"')
        api = installed.wait_for("reviews", "/api/v1/openapi.json", "Opine, changed")
        assert {component: installed.pod(component) for component in before} == before

        # A lock is no source: with it the image is another, and what was saved beside it is in it.
        installed.save(LAYOUT, "Read this", "Built anew")
        lock = "services/frontend/requirements.txt"
        installed.save(
            lock, (installed.copied / lock).read_text(), "# changed\n" + (installed.copied / lock).read_text()
        )
        dependency = installed.wait_for("frontend", "/", "Built anew")
        assert installed.pod("frontend") != before["frontend"]
    figures["`skaffold dev`, from a saved file to its answer"] = (
        f"template {template:.1f} s, Python of the frontend {python:.1f} s and of the API {api:.1f} s, each in the "
        f"running pod; a lock {dependency:.0f} s, by a new image"
    )
