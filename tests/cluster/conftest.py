"""One installation for all tests here."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.cluster.commands import CLUSTER, environment, run
from tests.support.cluster.load import Load, stored_keys
from tests.support.cluster.release import Release, wait_until

NAMESPACE = "opine-e2e"
FIGURES = pytest.StashKey[list[str]]()
TABLE = pytest.StashKey[list[tuple[object, ...]]]()
HEAD = ("what was broken", "requests", "failed", "seconds of failures", "reviews saved", "lost", "doubled")
COMPONENTS = ("sentiment", "reviews", "frontend")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep", action="store_true", help="leave the release and the cluster as they are at the end")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "drill: breaks something under load")
    config.stash[FIGURES] = []
    config.stash[TABLE] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[TABLE]:
        terminalreporter.section("drills")
        for row in (HEAD, ["---"] * len(HEAD), *config.stash[TABLE]):
            terminalreporter.write_line(f"| {' | '.join(map(str, row))} |")
    if config.stash[FIGURES]:
        terminalreporter.section("figures")
        for line in config.stash[FIGURES]:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    return pytestconfig.stash[FIGURES]


def in_cluster(env: dict[str, str], *components: str) -> dict[str, str]:
    """Images by component: built, and loaded where the cluster beside this repository is used."""
    names = run("k8s/images/build", *components, env=env, timeout=1200).split()
    there = run(
        "kubectl", "get", "nodes", "--output", "jsonpath={.items[*].status.images[*].names[*]}", env=env
    ).split()
    if CLUSTER.exists() and (missing := [name for name in names if name not in there]):
        run(str(CLUSTER), "load", *missing, env=env)
    return dict(zip(components, names, strict=True))


@pytest.fixture(scope="session")
def images(env: dict[str, str]) -> dict[str, str]:
    return in_cluster(env, *COMPONENTS)


@pytest.fixture(scope="session")
def scraping_image(env: dict[str, str]) -> str:
    return in_cluster(env, "scraping")["scraping"]


@pytest.fixture(scope="session")
def env(pytestconfig: pytest.Config) -> Iterator[dict[str, str]]:
    ours, started = environment()
    yield ours
    if started and not pytestconfig.getoption("keep"):
        run(str(CLUSTER), "down", env=ours)


def image_values(images: dict[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for component, image in images.items():
        repository, tag = image.rsplit(":", 1)
        values[component] = {"image": {"repository": repository, "tag": tag}}
    return values


@pytest.fixture(scope="session")
def release(
    env: dict[str, str], images: dict[str, str], figures: list[str], pytestconfig: pytest.Config
) -> Iterator[Release]:
    """Installed in a namespace that enforces restricted Pod Security."""
    of = Release(env, NAMESPACE, image_values(images))
    namespace = (
        f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}, labels: "
        "{pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted}}}"
    )
    run("kubectl", "apply", "--filename", "-", env=env, text_in=namespace)
    try:
        installed = "opine" in of.helm("list", "--short").split()
        seconds = of.upgrade() if installed else of.install()
        figures.append(f"helm {'upgrade' if installed else 'install'} to ready: {seconds:.0f} s")
        yield of
    except Exception:
        sys.stderr.write(of.diagnosis())
        raise
    if not pytestconfig.getoption("keep"):
        of.helm("uninstall", "opine", "--wait")
        run("kubectl", "delete", "namespace", NAMESPACE, "--timeout=120s", env=env, timeout=150)


@pytest.fixture
def settled(release: Release) -> Release:
    """All pods ready, so that each test starts from the same place."""
    wait_until(release.is_restored, "every pod ready", 240)
    time.sleep(2)
    return release


@pytest.fixture
def under_load(settled: Release, figures: list[str], pytestconfig: pytest.Config) -> Callable[..., Any]:
    """Load around a block that breaks what is named: no review is lost or doubled, and the table gets a line."""

    @contextmanager
    def loaded(what: str, crowd: int = 0) -> Iterator[Load]:
        load = Load(settled.address("frontend"), crowd=crowd)
        with load:
            yield load
        wait_until(settled.is_restored, "every pod ready", 300)
        stored = stored_keys(settled.address("reviews"), load.mark)
        saved = load.saved_keys()
        lost, doubled = saved - set(stored), len(stored) - len(set(stored))
        failed = Counter(f"{a.kind} {a.status or 'without an answer'}" for a in load.failures)
        told = ", ".join(f"{number} {name}" for name, number in sorted(failed.items())) or 0
        pytestconfig.stash[TABLE].append(
            (what, len(load.answers), told, round(load.failing_s()), len(saved), len(lost), doubled)
        )
        figures.extend(f"{what}: {a.at_s:.1f} s {a.kind} {a.status} {a.detail[:150]}" for a in load.failures[:4])
        assert len(load.answers) > 20
        assert lost == set()
        assert doubled == 0

    return loaded
