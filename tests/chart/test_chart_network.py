"""Who may talk to whom: nobody but by a rule, and every rule leads somewhere."""

import re

import pytest

from tests.support.chart.rendering import CHART, Object
from tests.support.chart.workloads import Pods, all_pods, matches, name_of, of_kind, own_pods, port_names

# Who asks whom, at which port.
CONVERSATIONS = [
    ("Deployment/opine-frontend", "Deployment/opine-reviews", "http"),
    ("Deployment/opine-reviews", "Deployment/opine-sentiment", "http"),
    ("CronJob/opine-learning", "Deployment/opine-reviews", "http"),
    ("CronJob/opine-learning", "Deployment/opine-sentiment", "http"),
    ("Deployment/opine-sentiment", "Deployment/opine-reviews", "http"),
    ("Pod/opine-test", "Deployment/opine-frontend", "http"),
    ("Pod/opine-test", "Deployment/opine-sentiment", "http"),
    ("Job/opine-migrate", "Cluster/opine-db", 5432),
    ("CronJob/opine-retention", "Cluster/opine-db", 5432),
    ("CronJob/opine-reading", "Cluster/opine-db", 5432),
    ("CronJob/opine-reading", "Deployment/opine-sentiment", "http"),
    ("CronJob/opine-crawl", "Cluster/opine-db", 5432),
    ("CronJob/opine-training", "Cluster/opine-db", 5432),
    ("CronJob/opine-training", "Deployment/opine-reviews", "http"),
    ("Deployment/opine-reviews", "Pooler/opine-db-pooler", 5432),
    ("Pooler/opine-db-pooler", "Cluster/opine-db", 5432),
    ("Cluster/opine-db", "Cluster/opine-db", 8000),
]
SILENCES = [
    ("Deployment/opine-frontend", "Deployment/opine-sentiment", "http"),
    ("Deployment/opine-frontend", "Pooler/opine-db-pooler", 5432),
    ("Deployment/opine-frontend", "Cluster/opine-db", 5432),
    ("Deployment/opine-sentiment", "Cluster/opine-db", 5432),
    ("CronJob/opine-reading", "Deployment/opine-reviews", "http"),
    ("CronJob/opine-retention", "Deployment/opine-sentiment", "http"),
    ("CronJob/opine-crawl", "Deployment/opine-reviews", "http"),
    ("CronJob/opine-learning", "Cluster/opine-db", 5432),
    ("CronJob/opine-training", "Deployment/opine-sentiment", "http"),
    ("Pod/opine-test", "Cluster/opine-db", 5432),
]


def policies(objects: list[Object], pods: Pods, direction: str) -> list[Object]:
    return [
        policy
        for policy in of_kind(objects, "NetworkPolicy")
        if matches(policy["spec"]["podSelector"], pods.labels) and direction in policy["spec"]["policyTypes"]
    ]


def allows(objects: list[Object], pods: Pods, other: Pods, port: str | int, direction: str) -> bool:
    key, peers_key = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for policy in policies(objects, pods, direction):
        for rule in policy["spec"].get(key, []):
            peers = rule.get(peers_key)
            to_it = peers is None or any(
                "podSelector" in peer and "namespaceSelector" not in peer and matches(peer["podSelector"], other.labels)
                for peer in peers
            )
            if to_it and (not rule.get("ports") or port in {entry["port"] for entry in rule["ports"]}):
                return True
    return False


def talks(objects: list[Object], client: str, server: str, port: str | int) -> bool:
    by_owner = {re.sub(r"-(migrate|demo)-\w+$", r"-\1", pods.owner): pods for pods in all_pods(objects)}
    asks = allows(objects, by_owner[client], by_owner[server], port, "Egress")
    return asks and allows(objects, by_owner[server], by_owner[client], port, "Ingress")


@pytest.mark.parametrize(("client", "server", "port"), CONVERSATIONS)
def test_who_must_talk_may(rendered: dict[str, list[Object]], client: str, server: str, port: str | int) -> None:
    assert talks(rendered["production"], client, server, port)


@pytest.mark.parametrize(("client", "server", "port"), SILENCES)
def test_who_need_not_talk_may_not(
    rendered: dict[str, list[Object]], client: str, server: str, port: str | int
) -> None:
    assert not talks(rendered["production"], client, server, port)


@pytest.mark.parametrize(
    ("server", "port", "may"),
    [
        ("Deployment/opine-sentiment", "http", True),
        ("Cluster/opine-db", 5432, True),
        ("Deployment/opine-reviews", "http", False),
    ],
)
def test_the_demo_asks_the_model_and_the_database(
    rendered: dict[str, list[Object]], server: str, port: str | int, may: bool
) -> None:
    assert talks(rendered["minimal"], "Job/opine-demo", server, port) is may


def test_every_pod_is_denied_by_default(objects: list[Object]) -> None:
    for pods in all_pods(objects):
        for direction in ("Ingress", "Egress"):
            names = [policy["metadata"]["name"] for policy in policies(objects, pods, direction)]
            assert "opine-default-deny" in names, pods.owner
            assert len(names) > 1, f"{pods.owner} has no rule of its own"


def test_the_pooler_has_the_pooler_s_rules_alone(rendered: dict[str, list[Object]]) -> None:
    objects = rendered["production"]
    by_owner = {pods.owner: pods for pods in all_pods(objects)}
    for direction in ("Ingress", "Egress"):
        names = {
            policy["metadata"]["name"] for policy in policies(objects, by_owner["Pooler/opine-db-pooler"], direction)
        }
        assert names == {"opine-default-deny", "opine-db-pooler"}


def test_jobs_that_make_instances_have_the_database_s_rules(rendered: dict[str, list[Object]]) -> None:
    """CloudNativePG's Jobs make, join and restore instances; their pods have another role."""
    objects = rendered["production"]
    (instance,) = [pods for pods in all_pods(objects) if pods.owner == "Cluster/opine-db"]
    labels = {key: value for key, value in instance.labels.items() if key != "cnpg.io/podRole"}
    join = Pods("Job/opine-db-2-join", {**labels, "cnpg.io/jobRole": "join"}, None)
    assert allows(objects, join, instance, 5432, "Egress")
    assert allows(objects, instance, join, 5432, "Ingress")


def dangling(objects: list[Object]) -> list[str]:
    """Peers of this namespace that no pod answers to, and ports that the receiver has not."""
    found = []
    for policy in of_kind(objects, "NetworkPolicy"):
        targets = [pods for pods in all_pods(objects) if matches(policy["spec"]["podSelector"], pods.labels)]
        if not targets:
            found.append(f"{name_of(policy)} selects nothing")
        for key, peers_key in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(key, []):
                peers = [p for p in rule.get(peers_key) or [] if "podSelector" in p and "namespaceSelector" not in p]
                met = [
                    pods for peer in peers for pods in all_pods(objects) if matches(peer["podSelector"], pods.labels)
                ]
                if peers and not met:
                    found.append(f"{name_of(policy)} names peers that are not there: {peers}")
                receivers = targets if key == "ingress" else met
                names = {entry["port"] for entry in rule.get("ports", []) if isinstance(entry["port"], str)} - {
                    "metrics"
                }
                found += [
                    f"{name_of(policy)}: {pods.owner} has no port {names}"
                    for pods in receivers
                    if pods.spec is not None and not names <= port_names(pods)
                ]
    return found


def test_peers_and_ports_are_there(objects: list[Object]) -> None:
    assert dangling(objects) == []
    assert dangling([an_object for an_object in objects if name_of(an_object) != "Deployment/opine-reviews"])


RULE = re.compile(r"    - (from|to|ports):|    {{- include \"opine\.(postgres|pooler)Egress")


def test_every_rule_has_its_reason() -> None:
    """A comment stands above each rule, or above the helper's call that gives it."""
    found = 0
    for file in CHART.glob("templates/*/networkpolicy*.yaml"):
        lines = file.read_text().splitlines()
        rules = [index for index, line in enumerate(lines) if RULE.match(line)]
        found += len(rules)
        for index in rules:
            above = [line for line in lines[:index] if not line.strip().startswith(("{{- with", "{{- if"))]
            assert above[-1].strip().startswith("#"), f"{file.name}:{index + 1}"
    assert found > 5


def test_a_single_pod_needs_no_other_namespace_but_those_named(rendered: dict[str, list[Object]]) -> None:
    outside = {
        tuple(peer["namespaceSelector"]["matchLabels"].values())
        for policy in of_kind(rendered["production"], "NetworkPolicy")
        for key, peers_key in (("ingress", "from"), ("egress", "to"))
        for rule in policy["spec"].get(key, [])
        for peer in rule.get(peers_key) or []
        if "namespaceSelector" in peer
    }
    assert outside == {("kube-system",), ("monitoring",), ("cnpg-system",), ("gateway-system",), ("observability",)}


def test_a_scraper_reaches_no_private_address(rendered: dict[str, list[Object]]) -> None:
    (policy,) = [
        p for p in of_kind(rendered["production"], "NetworkPolicy") if p["metadata"]["name"] == "opine-scraping"
    ]
    (block,) = [
        peer["ipBlock"] for rule in policy["spec"]["egress"] for peer in rule.get("to", []) if "ipBlock" in peer
    ]
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(block["except"])
    assert own_pods(rendered["production"])
