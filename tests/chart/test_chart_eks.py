"""What k8s/eks and k8s/gpu hold is what eksctl and Kubernetes take; the guides parse, and their sums are right."""

import json
import re
import shlex
import shutil
import subprocess
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import deep, merged, parse, render
from tests.support.chart.schemas import SCHEMAS, faults

EKS = ROOT / "k8s/eks"
CLUSTER: dict[str, Any] = yaml.safe_load((EKS / "cluster.yaml").read_text())
EKSCTL = json.loads((SCHEMAS / "eksctl.json").read_text())
MANIFESTS = [EKS / f"{name}.yaml" for name in ("namespace", "nodes", "storage", "www")]
VALUES = yaml.safe_load((EKS / "values.yaml").read_text())
GUIDES = [ROOT / "k8s" / folder / "README.md" for folder in ("eks", "gpu", "monitoring", "kind")]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PROGRAMS = {"aws", "curl", "eksctl", "export", "helm", "kubectl", "sed"}


def objects() -> list[dict[str, Any]]:
    return [document for file in MANIFESTS for document in parse(file.read_text())]


def test_eksctl_takes_the_cluster() -> None:
    jsonschema.validate(CLUSTER, EKSCTL)
    for path, wrong in (("karpenter.versoin", "1"), ("vpc.nat.gateway", "None at all"), ("metadata.version", 1.35)):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(merged(CLUSTER, deep(path, wrong)), EKSCTL)


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_kubernetes_takes_it(file: Path) -> None:
    documents = parse(file.read_text())
    assert documents
    assert [fault for document in documents for fault in faults(document)] == []
    for document in documents:
        inside = next(part for part in ("spec", "parameters", "metadata") if part in document)
        assert faults(merged(document, {inside: {"nonsense": {}}})) or inside == "metadata"


def test_names_lead_where_they_should() -> None:
    by_kind = {kind: [one for one in objects() if one["kind"] == kind] for kind in ("EC2NodeClass", "NodePool")}
    name = CLUSTER["metadata"]["name"]
    classes = {one["metadata"]["name"] for one in by_kind["EC2NodeClass"]}
    for node_class in by_kind["EC2NodeClass"]:
        assert node_class["spec"]["role"] == f"eksctl-KarpenterNodeRole-{name}"
        for terms in ("subnetSelectorTerms", "securityGroupSelectorTerms"):
            assert node_class["spec"][terms] == [{"tags": CLUSTER["metadata"]["tags"]}]
    assert {pool["spec"]["template"]["spec"]["nodeClassRef"]["name"] for pool in by_kind["NodePool"]} <= classes
    controller = yaml.safe_load((EKS / "load-balancer-controller-values.yaml").read_text())
    assert controller["clusterName"] == name
    assert controller["region"] == CLUSTER["metadata"]["region"]
    assert controller["vpcTags"] == {"alpha.eksctl.io/cluster-name": name}
    assert all(zone.startswith(CLUSTER["metadata"]["region"]) for zone in CLUSTER["availabilityZones"])


def test_who_may_do_what_is_who_the_charts_make() -> None:
    bound = {(one["namespace"], one["serviceAccountName"]) for one in CLUSTER["iam"]["podIdentityAssociations"]}
    dns = yaml.safe_load((EKS / "external-dns-values.yaml").read_text())
    controller = yaml.safe_load((EKS / "load-balancer-controller-values.yaml").read_text())
    rendered = render(EKS / "values.yaml")
    (database,) = [one["metadata"]["name"] for one in rendered if one["kind"] == "Cluster"]
    assert bound == {
        ("kube-system", controller["serviceAccount"]["name"]),
        ("external-dns", dns["serviceAccount"]["name"]),
        ("opine", database),
    }
    (store,) = [one["spec"]["configuration"] for one in rendered if one["kind"] == "ObjectStore"]
    assert store["s3Credentials"] == {"inheritFromIAMRole": True}
    bucket = store["destinationPath"].removeprefix("s3://").strip("/")
    (policy,) = [
        one["permissionPolicy"] for one in CLUSTER["iam"]["podIdentityAssociations"] if "permissionPolicy" in one
    ]
    assert [statement["Resource"] for statement in policy["Statement"]] == [
        [f"arn:aws:s3:::{bucket}"],
        [f"arn:aws:s3:::{bucket}/*"],
    ]


def test_postgresql_fits_into_the_zones() -> None:
    (database,) = [one["spec"] for one in render(EKS / "values.yaml") if one["kind"] == "Cluster"]
    assert database["affinity"]["topologyKey"] == "topology.kubernetes.io/zone"
    assert database["instances"] <= len(CLUSTER["availabilityZones"])
    storage = next(one for one in objects() if one["kind"] == "StorageClass")
    assert {database[volume]["storageClass"] for volume in ("storage", "walStorage")} == {storage["metadata"]["name"]}


def test_every_file_is_looked_at() -> None:
    values = {"values", "rds-values", "load-balancer-controller-values", "external-dns-values"}
    assert {file.stem for file in EKS.glob("*.yaml")} == {"cluster", *(file.stem for file in MANIFESTS), *values}


def test_the_load_balancer_is_one_and_drains_before_a_pod_ends() -> None:
    ingresses = [one for one in [*render(EKS / "values.yaml"), *objects()] if one["kind"] == "Ingress"]
    assert len(ingresses) == 2
    annotations = [one["metadata"]["annotations"] for one in ingresses]
    prefix = "alb.ingress.kubernetes.io/"
    assert {each[f"{prefix}group.name"] for each in annotations} == {"opine"}
    assert all(isinstance(value, str) for each in annotations for value in each.values())
    assert all(json.loads(each[f"{prefix}listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}] for each in annotations)
    # Exclusive in a group.
    assert [each.get(f"{prefix}ssl-redirect") for each in annotations] == ["443", None]
    apex, www = (one["spec"]["rules"][0] for one in ingresses)
    assert www["host"] == f"www.{apex['host']}"
    action = json.loads(annotations[1][f"{prefix}actions.{www['http']['paths'][0]['backend']['service']['name']}"])
    assert action["redirectConfig"]["host"] == apex["host"]
    assert yaml.safe_load((EKS / "external-dns-values.yaml").read_text())["domainFilters"] == [apex["host"]]
    found = re.search(r"delay\.timeout_seconds=(\d+)", annotations[0][f"{prefix}target-group-attributes"])
    assert found is not None
    lifecycle = VALUES["frontend"]["lifecycle"]
    assert int(found[1]) < lifecycle["preStopSleepSeconds"] < lifecycle["terminationGracePeriodSeconds"]


def test_the_gpu_pool_takes_the_model_and_nothing_else() -> None:
    (pool,) = [one for one in objects() if one["kind"] == "NodePool" and one["metadata"]["name"] == "gpu"]
    (taint,) = pool["spec"]["template"]["spec"]["taints"]
    (model,) = [
        one["spec"]["template"]["spec"]
        for one in render(EKS / "values.yaml", ROOT / "k8s/gpu/values.yaml")
        if one["kind"] == "Deployment" and one["metadata"]["name"].endswith("-sentiment")
    ]
    assert {"key": taint["key"], "operator": "Exists", "effect": taint["effect"]} in model["tolerations"]
    labels = pool["spec"]["template"]["metadata"]["labels"]
    plugin = yaml.safe_load((ROOT / "k8s/gpu/nvidia-device-plugin-values.yaml").read_text())
    assert labels["nvidia.com/device-plugin.config"] in plugin["config"]["map"]
    assert plugin["config"]["default"] in plugin["config"]["map"]
    for text in plugin["config"]["map"].values():
        assert yaml.safe_load(text)["version"] == "v1"
    exporter = yaml.safe_load((ROOT / "k8s/gpu/dcgm-exporter-values.yaml").read_text())
    assert exporter["nodeSelector"].items() <= labels.items()
    assert exporter["tolerations"] == [{"key": taint["key"], "operator": "Exists", "effect": taint["effect"]}]


def test_a_postgresql_of_awss_is_verified() -> None:
    rendered = render(EKS / "values.yaml", EKS / "rds-values.yaml")
    assert [one for one in rendered if one["kind"] in {"Cluster", "ObjectStore", "Pooler"}] == []
    assert "verify-full" in str(rendered)


def commands(guide: Path) -> list[list[str]]:
    """Each command of the guide's blocks, as words."""
    found = []
    for block in BLOCK.findall(guide.read_text()):
        lines = block.replace("\\\n", " ")
        for line in re.split(r"\n(?! )", lines.strip()):
            substituted = re.fullmatch(r"\w+=\$\((.*)\)", line, re.DOTALL)
            found.append(shlex.split(substituted[1] if substituted else line))
    return found


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.parent.name)
def test_the_commands_parse_and_name_what_is_there(guide: Path) -> None:
    for block in BLOCK.findall(guide.read_text()):
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr + block
    for command in commands(guide):
        assert command[0] in PROGRAMS or (ROOT / command[0]).exists(), command
        files = [word for word in command[1:] if word.startswith("k8s/") and "*" not in word]
        assert [file for file in files if not (ROOT / file).exists()] == []
        assert command[0] != "helm" or "upgrade" in command or {"install", "test", "uninstall"} & set(command)


def test_one_version_of_each_chart_in_all_guides() -> None:
    text = "\n".join([*(guide.read_text() for guide in GUIDES), (ROOT / "k8s/kind/up").read_text()])
    assert len(set(re.findall(r"cloudnative-pg/v(\d+\.\d+\.\d+)/", text))) == 1
    stack = re.search(r"^kube_prometheus_stack=(.*)$", text, re.MULTILINE)
    assert stack is not None
    assert f"--version {stack[1]}" in (EKS / "README.md").read_text()


AWS = [command for command in commands(EKS / "README.md") if command[0] == "aws" and command[2] != "wait"]


@pytest.mark.parametrize("command", AWS, ids=lambda command: " ".join(command[1:3]))
def test_aws_knows_the_command(command: list[str]) -> None:
    program = shutil.which("aws")
    if program is None:
        pytest.skip("there is no aws for this machine")

    def asked(*words: str) -> int:
        return subprocess.run(
            [program, *words, "--generate-cli-skeleton", "input"], capture_output=True, check=False
        ).returncode

    # What another command found is a document here.
    known = [word for word in command[1:] if word not in {"--output", "text", "json"}]
    given = ["{}" if word == "$CHANGES" else word for word in known]
    given = given[: given.index("--query")] if "--query" in given else given
    assert asked(*given, "--region", "us-east-1") == 0
    assert asked(*given, "--region", "us-east-1", "--nonsense", "1") != 0


def cost_rows() -> list[list[str]]:
    table = re.findall(r"^\| (.*) \|$", (EKS / "README.md").read_text(), re.MULTILINE)
    rows = [[cell.strip() for cell in row.split("|")] for row in table]
    return [row for row in rows if len(row) == 4 and re.fullmatch(r"\*{0,2}[\d.]+\*{0,2}", row[3])]


def monthly(row: list[str]) -> Decimal:
    """Prices an hour are 730 times that; volumes and files are paid by the month."""
    if not row[2]:
        return Decimal(row[3])
    hours = 1 if "GB" in row[0] else 730
    return (Decimal(row[1]) * Decimal(row[2]) * hours).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_costs_add_up() -> None:
    *rows, all_of_them = cost_rows()
    assert len(rows) == 9
    assert [str(monthly(row)) for row in rows] == [row[3] for row in rows]
    assert f"**{sum(map(monthly, rows))}**" == all_of_them[3]


def test_the_costs_are_those_of_what_the_files_ask_for() -> None:
    (group,) = CLUSTER["managedNodeGroups"]
    nodes = next(row for row in cost_rows() if row[0].startswith("nodes that always run"))
    assert nodes[0].endswith(group["instanceTypes"][0])
    assert int(nodes[1]) == group["desiredCapacity"]
    node_class = next(one["spec"] for one in objects() if one["kind"] == "EC2NodeClass")
    root = gigabytes(node_class["blockDeviceMappings"][0]["ebs"]["volumeSize"])
    database = VALUES["database"]["cnpg"]
    instance = gigabytes(database["storage"]["size"]) + gigabytes(database["walStorage"]["size"])
    volumes = next(row for row in cost_rows() if row[0].startswith("volumes"))
    assert int(volumes[1]) == group["desiredCapacity"] * group["volumeSize"] + 3 * root + 3 * instance


def gigabytes(quantity: str) -> int:
    return int(quantity.removesuffix("Gi"))
