"""What single values do to the objects."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import CHART, SHAPES, Object, deep, manifest, merged, render
from tests.support.chart.workloads import name_of, of_kind, own_pods

GIVEN = {
    "secrets": {"existingSecret": "a"},
    "database": {"roles": {"scrapingSecret": "b", "analysisSecret": "c", "readingSecret": "d"}},
}


def with_values(*values: Object) -> list[Object]:
    return render(values=merged(GIVEN, *values))


def named(objects: list[Object], name: str) -> Any:  # noqa: ANN401  any object
    (found,) = [an_object for an_object in objects if name_of(an_object) == name]
    return found


def container(objects: list[Object], name: str) -> Object:
    (pods,) = [pods for pods in own_pods(objects) if pods.owner == name]
    first: Object = pods.containers[-1]
    return first


def variables(objects: list[Object], name: str) -> Object:
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in container(objects, name)["env"]}


VERSION = (ROOT / "VERSION").read_text().strip()
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ({}, f"opine/reviews:{VERSION}"),
        (deep("reviews.image.tag", "1.2.3"), "opine/reviews:1.2.3"),
        (deep("reviews.image", {"tag": "1.2.3", "digest": DIGEST}), f"opine/reviews@{DIGEST}"),
        (deep("global.imageRegistry", "registry.example.org/"), f"registry.example.org/opine/reviews:{VERSION}"),
    ],
)
def test_an_image_by_tag_digest_and_registry(values: Object, image: str) -> None:
    objects = with_values(values)
    assert container(objects, "Deployment/opine-reviews")["image"] == image
    (job,) = of_kind(objects, "Job")
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == image, "migrations run the API's image"


def test_pods_wait_as_long_as_is_said() -> None:
    pods = own_pods(with_values(deep("migrations.waitSeconds", 60)))
    waits = [c["args"] for one in pods for c in one.containers if c["name"].startswith("wait-for-")]
    assert sorted(waits) == [
        ["opine-reviews", "wait", awaited, "--seconds", "60"] for awaited in ("roles", "schema", "schema")
    ]


def test_a_setting_is_replaced_not_repeated() -> None:
    plain = variables(with_values(), "Deployment/opine-reviews")
    objects = with_values(
        deep("reviews.env", {"OPINE_REVIEWS_TRUSTED_PROXIES": 4, "OPINE_REVIEWS_LOG_JSON": False, "EXTRA": 1}),
        deep("reviews.extraEnv", [{"name": "EXTRA", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}]),
    )
    changed = variables(objects, "Deployment/opine-reviews")
    assert changed["OPINE_REVIEWS_TRUSTED_PROXIES"] == "4"
    assert changed["OPINE_REVIEWS_LOG_JSON"] == "false"
    assert changed["EXTRA"] == {"fieldRef": {"fieldPath": "status.hostIP"}}
    assert [*changed][: len(plain)] == [*plain], "the order of the others stays"


def test_a_command_replaces_the_images_and_no_other_containers() -> None:
    for component in ("sentiment", "reviews", "frontend"):
        deployment = named(with_values(deep(f"{component}.command", ["sleep", "1"])), f"Deployment/opine-{component}")
        spec = deployment["spec"]["template"]["spec"]
        commands = {one["name"]: one.get("command") for one in [*spec.get("initContainers", []), *spec["containers"]]}
        assert commands.pop(component) == ["sleep", "1"]
        assert set(commands.values()) <= {None}


def test_a_large_number_stays_a_number() -> None:
    objects = with_values(deep("sentiment.env.OPINE_SENTIMENT_MAX_BODY_BYTES", 8388608))
    assert variables(objects, "Deployment/opine-sentiment")["OPINE_SENTIMENT_MAX_BODY_BYTES"] == "8388608"


def test_a_gpu_is_asked_for_and_a_rollout_does_not_need_a_second_one() -> None:
    gpu = {
        "engine": "torch",
        "resources": {"limits": {"memory": "4Gi"}},
        "gpu": {"enabled": True, "resourceName": "nvidia.com/mig-1g.10gb", "count": 2},
    }
    objects = with_values({"sentiment": {**gpu, "tolerations": [{"key": "spot", "operator": "Exists"}]}})
    deployment = named(objects, "Deployment/opine-sentiment")
    spec = deployment["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "4Gi", "nvidia.com/mig-1g.10gb": 2}
    assert [toleration["key"] for toleration in spec["tolerations"]] == ["spot", "nvidia.com/gpu"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    roomy = with_values({"sentiment": {**gpu, "updateStrategy": {"maxSurge": 2, "maxUnavailable": 0}}})
    strategy = named(roomy, "Deployment/opine-sentiment")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 2, "maxUnavailable": 0}


def test_no_sleep_is_a_value_too() -> None:
    assert "lifecycle" not in container(
        with_values(deep("reviews.lifecycle.preStopSleepSeconds", 0)), "Deployment/opine-reviews"
    )


@pytest.mark.parametrize(
    ("values", "proxies"),
    [
        ({}, "0"),
        ({"ingress": {"enabled": True, "hosts": ["a.example.org"]}}, "1"),
        ({"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}}, "1"),
        ({"frontend": {"trustedProxies": 0}, "ingress": {"enabled": True, "hosts": ["a.example.org"]}}, "0"),
        (deep("frontend.trustedProxies", 2), "2"),
    ],
)
def test_proxies_are_believed_where_there_is_one(values: Object, proxies: str) -> None:
    found = variables(with_values(values), "Deployment/opine-frontend")["OPINE_FRONTEND_TRUSTED_PROXIES"]
    assert found == proxies


def test_the_api_is_outside_only_if_asked() -> None:
    hosts = {"ingress": {"enabled": True, "hosts": ["a.example.org"]}}
    for expose in (False, True):
        objects = with_values(hosts, deep("ingress.exposeApi", expose))
        (rule,) = named(objects, "Ingress/opine-frontend")["spec"]["rules"]
        assert [path["path"] for path in rule["http"]["paths"]] == (["/api", "/"] if expose else ["/"])
        rules = named(objects, "NetworkPolicy/opine-reviews")["spec"]["ingress"]
        assert any("from" not in entry for entry in rules) == expose


def test_without_a_pooler_the_api_goes_to_the_primary() -> None:
    with_pooler = variables(with_values(), "Deployment/opine-reviews")["OPINE_REVIEWS_DATABASE_URL"]
    assert with_pooler == "postgresql+psycopg2://opine-db-pooler:5432/opine?sslmode=require"
    objects = with_values(deep("database.cnpg.pooler.enabled", False))
    without = variables(objects, "Deployment/opine-reviews")["OPINE_REVIEWS_DATABASE_URL"]
    assert without == "postgresql+psycopg2://opine-db-rw:5432/opine?sslmode=require"
    assert not of_kind(objects, "Pooler")


def test_an_external_database_is_verified_by_its_certificate() -> None:
    objects = render(SHAPES["external-database"])
    found = variables(objects, "Deployment/opine-reviews")
    assert found["OPINE_REVIEWS_DATABASE_URL"].endswith("?sslmode=verify-full&sslrootcert=/etc/postgresql-ca/ca.crt")
    assert {"name": "postgresql-ca", "mountPath": "/etc/postgresql-ca", "readOnly": True} in container(
        objects, "Deployment/opine-reviews"
    )["volumeMounts"]
    assert not of_kind(objects, "Cluster", "Pooler", "DatabaseRole")


@pytest.mark.parametrize("release", ["opine", "shop", "a-release-with-a-very-long-name-that-goes-on-and-on"])
def test_names_follow_the_release(release: str) -> None:
    text = manifest(SHAPES["production"], release=release)
    prefix = "opine" if release == "opine" else f"{release}-opine"[:34].rstrip("-")
    names = [o["metadata"]["name"] for o in yaml.safe_load_all(text) if o]
    assert all(name.startswith(prefix) and len(name) <= 63 for name in names)


def test_braces_in_rules_and_dashboards_are_theirs(tmp_path: Path) -> None:
    chart = shutil.copytree(CHART, tmp_path / "opine")
    rule = {"alert": "A", "expr": "up == 0", "annotations": {"summary": "{{ $labels.pod }} is away"}}
    groups = {"groups": [{"name": "g", "rules": [rule]}]}
    (chart / "prometheus_rules/test_of_rules.yaml").write_text(yaml.safe_dump(groups))
    (chart / "dashboards").mkdir(exist_ok=True)
    (chart / "dashboards/test.json").write_text('{"title": "{{ legend }}"}')
    values = merged(GIVEN, {"monitoring": {"enabled": True, "labels": {"release": "prometheus"}}})
    objects = render(values=values, chart=chart)
    found = named(objects, "PrometheusRule/opine-test-of-rules")
    assert found["spec"]["groups"][0]["rules"][0]["annotations"]["summary"] == "{{ $labels.pod }} is away"
    assert found["metadata"]["labels"]["release"] == "prometheus"
    dashboard = named(objects, "ConfigMap/opine-dashboard-test")
    assert dashboard["data"]["test.json"].strip() == '{"title": "{{ legend }}"}'
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_the_model_is_scaled_by_the_compute_that_is_asked_of_it() -> None:
    scaling = {
        "sentiment": {"autoscaling": {"enabled": True, "targetOfferedCompute": 0.5}},
        "monitoring": {"enabled": True},
    }
    hpa = named(with_values(scaling), "HorizontalPodAutoscaler/opine-sentiment")
    assert hpa["spec"]["metrics"] == [
        {
            "type": "Pods",
            "pods": {
                "metric": {"name": "opine_sentiment_offered_compute_seconds_total"},
                "target": {"type": "AverageValue", "averageValue": "0.5"},
            },
        }
    ]
    adapter = yaml.safe_load((ROOT / "k8s/monitoring/prometheus-adapter-values.yaml").read_text())
    (rule,) = adapter["rules"]["custom"]
    assert rule["seriesQuery"].startswith("opine_sentiment_offered_compute_seconds_total{")
    assert "rate(" in rule["metricsQuery"]


def test_keda_scales_alike_and_knows_when_it_knows_nothing() -> None:
    keda = {"type": "keda", "enabled": True, "keda": {"prometheusAddress": "http://prometheus.monitoring:9090"}}
    objects = with_values({"sentiment": {"autoscaling": keda}, "monitoring": {"enabled": True}})
    (trigger,) = named(objects, "ScaledObject/opine-sentiment")["spec"]["triggers"]
    assert trigger["metricType"] == "AverageValue"
    assert trigger["metadata"]["threshold"] == "0.6"
    # Without series the query answers nothing, which KEDA would take for no load and never fall back.
    assert trigger["metadata"]["ignoreNullValues"] == "false"
    assert trigger["metadata"]["query"] == (
        'sum(rate(opine_sentiment_offered_compute_seconds_total{namespace="opine-test",job="opine-sentiment"}[2m]))'
    )


def test_a_model_without_a_pod_is_woken_by_who_finds_none() -> None:
    keda = {"type": "keda", "enabled": True, "keda": {"prometheusAddress": "http://prometheus.monitoring:9090"}}
    values = {"sentiment": {"autoscaling": {**keda, "minReplicas": 0}}, "monitoring": {"enabled": True}}
    spec = named(with_values(values), "ScaledObject/opine-sentiment")["spec"]
    assert (spec["minReplicaCount"], spec["cooldownPeriod"]) == (0, 300)
    asked, refused = (trigger["metadata"] for trigger in spec["triggers"])
    # Without a pod there is no series, which is no demand, and not Prometheus away.
    assert asked["query"].endswith(" or vector(0)")
    assert refused["query"] == (
        'sum(rate(opine_reviews_failed_predictions_total{namespace="opine-test",job="opine-reviews",'
        'reason="unreachable"}[2m])) or vector(0)'
    )
    assert variables(with_values(values), "Deployment/opine-reviews")["OPINE_REVIEWS_SENTIMENT_SLEEPS"] == "true"
    awake = with_values(values, deep("sentiment.autoscaling.minReplicas", 1))
    assert "cooldownPeriod" not in named(awake, "ScaledObject/opine-sentiment")["spec"]
    assert "OPINE_REVIEWS_SENTIMENT_SLEEPS" not in variables(awake, "Deployment/opine-reviews")


TAINTED: Object = {
    "nodeSelector": {"pool": "opine"},
    "tolerations": [{"key": "opine", "operator": "Exists", "effect": "NoSchedule"}],
}


def test_everything_can_be_placed_on_tainted_nodes() -> None:
    names = ("sentiment", "reviews", "frontend", "migrations", "scraping", "learning", "training")
    components = dict.fromkeys(names, TAINTED)
    database = deep("database.cnpg", {**TAINTED, "pooler": TAINTED})
    training = {"training": {"enabled": True, "runs": {"existingClaim": "b"}}}
    objects = with_values(components, database, {"scraping": SCRAPING}, training)
    specs = {pods.owner: pods.spec for pods in own_pods(objects)}
    specs["pooler"] = named(objects, "Pooler/opine-db-pooler")["spec"]["template"]["spec"]
    specs["database"] = named(objects, "Cluster/opine-db")["spec"]["affinity"]
    assert len(specs) == 13
    for owner, spec in specs.items():
        assert spec is not None
        assert {key: spec.get(key) for key in TAINTED} == TAINTED, owner


def test_the_pooler_s_pods_are_spread_as_others_are() -> None:
    objects = with_values()
    pooler = named(objects, "Pooler/opine-db-pooler")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    api = named(objects, "Deployment/opine-reviews")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [{**one, "labelSelector": None} for one in pooler] == [{**one, "labelSelector": None} for one in api]
    selector = {"matchLabels": {"cnpg.io/poolerName": "opine-db-pooler"}}
    assert [one["labelSelector"] for one in pooler] == [selector, selector]


def test_a_long_export_is_not_cut() -> None:
    route = {"enabled": True, "exposeApi": True, "parentRefs": [{"name": "a"}]}
    rules = named(with_values({"httpRoute": route}), "HTTPRoute/opine-frontend")["spec"]["rules"]
    exports = {
        (match["path"]["type"], match["path"]["value"]): rule["backendRefs"][0]["name"]
        for rule in rules
        for match in rule["matches"]
        if rule["timeouts"] == {"request": "15m"}
    }
    assert exports == {
        ("Exact", "/api/v1/reviews.csv"): "opine-reviews",
        ("Exact", "/admin/reviews.csv"): "opine-frontend",
    }
    closed = named(with_values({"httpRoute": {**route, "exposeApi": False}}), "HTTPRoute/opine-frontend")["spec"][
        "rules"
    ]
    assert "opine-reviews" not in yaml.safe_dump(closed)


def test_a_pod_behind_a_load_balancer_outlives_its_deregistration() -> None:
    (attributes,) = [
        value
        for key, value in yaml.safe_load(SHAPES["ingress"].read_text())["ingress"]["annotations"].items()
        if key.endswith("target-group-attributes")
    ]
    delay = int(attributes.removeprefix("deregistration_delay.timeout_seconds="))
    objects = render(SHAPES["ingress"])
    for name in ("frontend", "reviews"):
        spec = named(objects, f"Deployment/opine-{name}")["spec"]["template"]["spec"]
        slept = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert slept >= delay
        assert spec["terminationGracePeriodSeconds"] >= slept + 20


BACKUP = deep("database.cnpg.backup", {"enabled": True, "destinationPath": "s3://b/"})


def test_uninstalling_leaves_where_the_backups_lie() -> None:
    """The Cluster stays and goes on archiving: without its ObjectStore the log would fill its volume."""
    objects = with_values(BACKUP)
    for an_object in of_kind(objects, "ObjectStore", "ScheduledBackup"):
        assert an_object["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_a_new_cluster_over_an_old_path_archives_under_a_name_of_its_own() -> None:
    def plugin(*values: Object) -> Object:
        (found,) = named(with_values(BACKUP, *values), "Cluster/opine-db")["spec"]["plugins"]
        parameters: Object = found["parameters"]
        return parameters

    assert plugin() == {"barmanObjectName": "opine-db-backups", "serverName": "opine-db"}
    second = deep("database.cnpg.backup.serverName", "opine-db-2")
    assert plugin(second)["serverName"] == "opine-db-2"
    # Restored over a reinstall: the same Cluster's name, another folder.
    restored = deep("database.cnpg.recovery", {"enabled": True, "serverName": "opine-db"})
    cluster = named(with_values(BACKUP, second, restored), "Cluster/opine-db")["spec"]
    assert cluster["externalClusters"][0]["plugin"]["parameters"]["serverName"] == "opine-db"
    assert cluster["plugins"][0]["parameters"]["serverName"] == "opine-db-2"


SCRAPING: Object = {"enabled": True, "siteUrl": "https://a.example.org", "contact": "a@example.org"}


def crawl(objects: list[Object]) -> Any:  # noqa: ANN401  a Job's spec
    return named(objects, "CronJob/opine-crawl")["spec"]["jobTemplate"]["spec"]


@pytest.mark.parametrize(
    ("state", "volume"),
    [
        ({"existingClaim": "mine"}, {"persistentVolumeClaim": {"claimName": "mine"}}),
        ({}, {"emptyDir": {"sizeLimit": "2Gi"}}),
    ],
)
def test_progress_lies_where_it_is_said(state: Object, volume: Object) -> None:
    objects = with_values({"scraping": {**SCRAPING, "state": state}})
    assert {"name": "state", **volume} in crawl(objects)["template"]["spec"]["volumes"]


def test_a_big_crawl_is_split_into_an_indexed_job() -> None:
    objects = with_values({"scraping": {**SCRAPING, "crawl": {"shards": 4}}})
    job = crawl(objects)
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 4, 4)
    assert "backoffLimit" not in job, "one part that fails is no failure of the others"
    assert variables(objects, "CronJob/opine-crawl")["OPINE_SCRAPING_SHARDS"] == "4"
    assert "OPINE_SCRAPING_SHARDS" not in variables(objects, "CronJob/opine-discover")
    assert "completionMode" not in crawl(with_values({"scraping": SCRAPING}))
