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
from tests.support.cluster.seen import Seen, make_seen

SEEN = pytest.StashKey[Seen]()
FAILED = set[str]()
COMPONENTS = ("sentiment", "reviews", "frontend", "learning")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--namespace", default="opine-e2e", help="where the release is installed")
    parser.addoption("--record", action="store_true", help="keep what was seen, for the chart's README")
    parser.addoption("--keep", action="store_true", help="leave the release and the cluster as they are at the end")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "drill: breaks something under load")
    config.stash[SEEN] = Seen()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        FAILED.add(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    seen = config.stash[SEEN]
    if not seen:
        return
    for row in seen.drills:
        row["passed"] = row["test"] not in FAILED
    terminalreporter.section("seen")
    terminalreporter.write_line(make_seen(seen.as_json()))
    for line in seen.failures:
        terminalreporter.write_line(line)
    if config.getoption("record"):
        seen.record()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> dict[str, str]:
    """What was measured, for the table: by what it is."""
    return pytestconfig.stash[SEEN].figures


def in_cluster(env: dict[str, str], *components: str) -> dict[str, str]:
    """Images by component: built, and loaded into the cluster beside this repository, or kind's."""
    names = run("k8s/images/build", *components, env=env, timeout=1200).split()
    load_missing(env, names)
    return dict(zip(components, names, strict=True))


def load_missing(env: dict[str, str], names: list[str]) -> None:
    there = run(
        "kubectl", "get", "nodes", "--output", "jsonpath={.items[*].status.images[*].names[*]}", env=env
    ).split()
    missing = [name for name in names if name not in there]
    if missing and CLUSTER.exists():
        run(str(CLUSTER), "load", *missing, env=env)
    elif missing and run("kubectl", "config", "current-context", env=env).strip() == "kind-opine":
        run("kind", "load", "docker-image", "--name", "opine", *missing, env=env, timeout=600)


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
    env: dict[str, str], images: dict[str, str], figures: dict[str, str], pytestconfig: pytest.Config
) -> Iterator[Release]:
    """Installed in a namespace that enforces restricted Pod Security."""
    of = Release(env, pytestconfig.getoption("namespace"), image_values(images))
    kept = of.status()
    if kept not in (None, "deployed"):  # an interrupted run's: no upgrade goes over a pending one
        of.delete_namespace()
    of.create_namespace()
    try:
        if kept == "deployed":
            of.upgrade()
        else:
            figures["`helm install` to ready"] = f"{of.install():.0f} s"
        yield of
    except Exception:
        sys.stderr.write(of.diagnosis())
        raise
    if not pytestconfig.getoption("keep"):
        of.helm("uninstall", "opine", "--wait")
        of.delete_namespace()


@pytest.fixture
def settled(release: Release) -> Release:
    """All pods ready, so that each test starts from the same place."""
    wait_until(release.is_restored, "every pod ready", 240)
    time.sleep(2)
    return release


@pytest.fixture
def under_load(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Load around a block that breaks what is named: no review is lost or doubled, and the table gets a line."""

    @contextmanager
    def loaded(what: str, crowd: int = 0, *, release: Release | None = None) -> Iterator[Load]:
        release = release or request.getfixturevalue("settled")
        load = Load(release.address("frontend"), crowd=crowd)
        with load:
            yield load
        wait_until(release.is_restored, "every pod ready", 300)
        stored = stored_keys(release.address("reviews"), load.mark)
        saved = load.saved_keys()
        lost, doubled = saved - set(stored), len(stored) - len(set(stored))
        failed = Counter(f"{a.kind} {a.status or 'without an answer'}" for a in load.failures)
        seen = request.config.stash[SEEN]
        seen.drills.append(
            {
                "what": what,
                "test": request.node.nodeid,
                "requests": len(load.answers),
                "failed": dict(sorted(failed.items())),
                "failing_s": round(load.failing_s()),
                "saved": len(saved),
                "lost": len(lost),
                "doubled": doubled,
            }
        )
        seen.failures += [
            f"{what}: {a.at_s:.1f} s, after {a.took_s:.1f} s: {a.kind} {a.status} {a.detail[:150]}"
            for a in load.failures[:8]
        ]
        assert len(load.answers) > 20
        assert lost == set()
        assert doubled == 0

    return loaded
