"""Values that contradict one another end the render with a message that says what to do."""

import re

import pytest

from tests.support.chart.rendering import APIS, CHART, Object, RefusedError, deep, manifest, merged

OFFLINE = {"secrets": {"allowOfflineGeneration": True}}
EXTERNAL = {"database": {"type": "external", "external": {"host": "db.example.org", "existingSecret": "owner"}}}
SCRAPING = {"scraping": {"enabled": True, "siteUrl": "https://a.example.org", "contact": "a@example.org"}}
BACKUP = deep("database.cnpg.backup", {"enabled": True, "destinationPath": "s3://b/"})
BY_DEMAND: Object = {"sentiment": {"autoscaling": {"enabled": True}}}
GPU: Object = {"engine": "torch", "gpu": {"enabled": True}}

CONTRADICTIONS: list[tuple[Object, str]] = [
    (deep("database.type", "external"), "needs database.external.host"),
    (deep("database", {"type": "external", "external": {"host": "a"}}), "kubectl create secret generic"),
    (merged(EXTERNAL, BACKUP), "Set both to enabled=false"),
    (merged(EXTERNAL, SCRAPING), "needs database.roles.scrapingSecret"),
    (deep("database.external.host", "db.example.org"), "Set database.type=external"),
    (deep("database.cnpg.backup.enabled", True), "such as s3://"),
    (deep("database.cnpg.recovery", {"enabled": True, "serverName": "old"}), "backup.enabled=true, which says"),
    (merged(BACKUP, deep("database.cnpg.recovery", {"enabled": True, "serverName": "opine-db"})), "another one"),
    (deep("sentiment.gpu.enabled", True), "Set sentiment.engine=torch"),
    ({"sentiment": GPU}, "such as 4Gi"),
    (
        merged(BY_DEMAND, deep("monitoring.enabled", True), deep("sentiment.autoscaling.type", "keda")),
        "prometheusAddress",
    ),
    (merged(BY_DEMAND, deep("sentiment.autoscaling.minReplicas", 0)), "Or set minReplicas to 1"),
    (BY_DEMAND, "needs monitoring.enabled=true"),
    (deep("sentiment.updateStrategy", {"maxSurge": 0, "maxUnavailable": 0}), "Set one of them to 1"),
    (deep("reviews.autoscaling", {"enabled": True, "minReplicas": 9, "maxReplicas": 3}), "Swap them"),
    (deep("frontend.lifecycle.terminationGracePeriodSeconds", 10), "at least 30 more"),
    (deep("frontend.serviceAccount.create", False), "needs frontend.serviceAccount.name"),
    (deep("reviews", {"workers": 16, "threads": 64}), "Raise database.cnpg.pooler.maxClientConnections"),
    (deep("database.cnpg.pooler.poolSize", 60), "Raise database.cnpg.parameters.max_connections"),
    (merged(deep("database.cnpg.pooler.enabled", False), deep("reviews.threads", 32)), "pooler.enabled=true"),
    (deep("reviews.env.OPINE_REVIEWS_THREADS", 12), "Set reviews.threads"),
    (deep("scraping.enabled", True), "needs scraping.siteUrl"),
    (merged(deep("training.enabled", True), deep("learning.events", False)), "needs learning.enabled=true"),
    (deep("ingress.enabled", True), "needs ingress.hosts"),
    (deep("httpRoute.enabled", True), "needs httpRoute.parentRefs"),
    (deep("migrations.enabled", False), "Set migrations.seedBrands=false"),
    (deep("secrets.allowOfflineGeneration", False), "set secrets.existingSecret"),
]


@pytest.mark.parametrize(("values", "fix"), CONTRADICTIONS, ids=[fix for _, fix in CONTRADICTIONS])
def test_a_contradiction_is_refused_with_its_fix(values: Object, fix: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        manifest(values=merged(OFFLINE, values))
    assert fix in str(refusal.value)


@pytest.mark.parametrize(
    ("memory", "enough"),
    [
        ("2Gi", True),
        ("2048Mi", True),
        ("2147483648", True),
        (2147483648, True),
        ("2G", False),
        ("1.5Gi", False),
        (512, False),
    ],
)
def test_memory_beside_a_gpu_is_read_in_any_unit(memory: object, enough: bool) -> None:
    values = merged(OFFLINE, {"sentiment": merged(GPU, deep("resources.limits.memory", memory))})
    if enough:
        manifest(values=values)
    else:
        with pytest.raises(RefusedError, match="such as 4Gi"):
            manifest(values=values)


@pytest.mark.parametrize("name", ["OPINE_REVIEWS_THREADS", "OPINE_REVIEWS_WORKERS"])
def test_what_the_chart_counts_with_has_one_place(name: str) -> None:
    for given in (deep(f"reviews.env.{name}", "4"), deep("reviews.extraEnv", [{"name": name, "value": "4"}])):
        with pytest.raises(RefusedError, match="past the check"):
            manifest(values=merged(OFFLINE, given))


def test_every_refusal_has_its_case() -> None:
    text = (CHART / "templates/_contradictions.tpl").read_text()
    assert len(re.findall(r"\bfail\b", text)) == len(CONTRADICTIONS)


PREREQUISITES: list[tuple[str, Object, str]] = [
    ("postgresql.cnpg.io/v1", {}, "kubectl apply --server-side"),
    ("postgresql.cnpg.io/v1/DatabaseRole", {}, "Upgrade CloudNativePG to 1.30"),
    ("barmancloud.cnpg.io/v1", BACKUP, "Install the Barman Cloud plugin"),
    ("monitoring.coreos.com/v1", deep("monitoring.enabled", True), "Install the Prometheus operator"),
    ("gateway.networking.k8s.io/v1", {"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}}, "Gateway API"),
    (
        "keda.sh/v1alpha1",
        {"sentiment": {"autoscaling": {"enabled": True, "type": "keda", "metric": "cpu"}}},
        "Install KEDA first",
    ),
    ("custom.metrics.k8s.io/v1beta1", merged(BY_DEMAND, deep("monitoring.enabled", True)), "prometheus-adapter"),
]


@pytest.mark.parametrize(("api", "values", "fix"), PREREQUISITES, ids=[api for api, *_ in PREREQUISITES])
def test_a_missing_api_is_named_with_what_installs_it(api: str, values: Object, fix: str) -> None:
    given = merged(OFFLINE, values)
    manifest(values=given)
    # Without a version there is no kind of it either.
    without = [name for name in APIS if name != api and not name.startswith(f"{api}/")]
    with pytest.raises(RefusedError) as refusal:
        manifest(values=given, apis=without)
    assert api in str(refusal.value)
    assert fix in str(refusal.value)
    manifest(values=merged(given, {"validateCapabilities": False}), apis=without)


def test_every_prerequisite_has_its_case() -> None:
    needed = re.findall(r'"api" "([^"\[]+)"', (CHART / "templates/_prerequisites.tpl").read_text())
    assert sorted(needed) == sorted(api for api, *_ in PREREQUISITES) == sorted(APIS)


def test_a_render_without_a_cluster_needs_no_generation_where_all_secrets_are_given() -> None:
    given = {
        "secrets": {"existingSecret": "a"},
        "database": {"roles": {"scrapingSecret": "b", "analysisSecret": "c", "readingSecret": "d"}},
    }
    text = manifest(values=given)
    assert "kind: Secret" not in text
    assert text == manifest(values=given), "the same values give the same text"
    with pytest.raises(RefusedError, match="analysisSecret"):
        manifest(values=merged(given, deep("database.roles.analysisSecret", "")))
