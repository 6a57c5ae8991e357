"""Metrics that exist: those of the services, read from the services' own code, and those of named third parties."""

import re
from dataclasses import dataclass
from types import ModuleType

import opine_common.http_metrics
import opine_reviews.metrics
import opine_sentiment.metrics
import promql_parser
from opine_reviews.drift.metrics import families
from prometheus_client.metrics import MetricWrapperBase
from promql_parser import MatrixSelector, VectorSelector

MODULES: tuple[ModuleType, ...] = (
    opine_reviews.metrics,
    opine_sentiment.metrics,
    opine_common.http_metrics,
)
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
# What Prometheus adds to each series of a target.
TARGET = {"namespace", "pod", "job", "container", "instance", "endpoint"}

CNPG_POOLS = {"database", "user"}
# Who exports what, with the labels beside the target's that rules and dashboards may use.
THIRD_PARTIES: dict[str, dict[str, set[str]]] = {
    "Prometheus": {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}},
    "kube-state-metrics": {
        "kube_deployment_spec_replicas": {"deployment"},
        "kube_deployment_status_replicas_available": {"deployment"},
        "kube_pod_container_status_restarts_total": set(),
        "kube_pod_container_resource_limits": {"resource"},
        "kube_horizontalpodautoscaler_spec_max_replicas": {"horizontalpodautoscaler"},
        "kube_horizontalpodautoscaler_status_current_replicas": {"horizontalpodautoscaler"},
        "kube_horizontalpodautoscaler_status_desired_replicas": {"horizontalpodautoscaler"},
        "kube_job_failed": {"job_name", "condition"},
    },
    "the kubelet": {
        "kubelet_volume_stats_available_bytes": {"persistentvolumeclaim"},
        "kubelet_volume_stats_capacity_bytes": {"persistentvolumeclaim"},
        "container_cpu_usage_seconds_total": set(),
        "container_memory_working_set_bytes": set(),
    },
    "cert-manager": {"certmanager_certificate_expiration_timestamp_seconds": {"name", "exported_namespace"}},
    "the Barman Cloud plugin": {"barman_cloud_cloudnative_pg_io_last_available_backup_timestamp": set()},
    "CloudNativePG": {
        "cnpg_backends_max_tx_duration_seconds": {"datname", "usename", "application_name", "state"},
        "cnpg_backends_total": {"datname", "usename", "application_name", "state"},
        "cnpg_backends_waiting_total": set(),
        "cnpg_collector_pg_wal_archive_status": {"value"},
        "cnpg_collector_up": {"cluster"},
        "cnpg_pg_database_size_bytes": {"datname"},
        "cnpg_pg_replication_in_recovery": set(),
        "cnpg_pg_replication_is_wal_receiver_up": set(),
        "cnpg_pg_replication_lag": set(),
        "cnpg_pg_settings_setting": {"name"},
        "cnpg_pg_stat_archiver_last_archived_time": set(),
        "cnpg_pg_stat_archiver_last_failed_time": set(),
        "cnpg_pg_stat_database_blks_hit": {"datname"},
        "cnpg_pg_stat_database_blks_read": {"datname"},
        "cnpg_pg_stat_database_xact_commit": {"datname"},
        "cnpg_pg_stat_database_xact_rollback": {"datname"},
        "cnpg_pgbouncer_pools_cl_active": CNPG_POOLS,
        "cnpg_pgbouncer_pools_cl_waiting": CNPG_POOLS,
        "cnpg_pgbouncer_pools_maxwait": CNPG_POOLS,
        "cnpg_pgbouncer_pools_sv_active": CNPG_POOLS,
        "cnpg_pgbouncer_pools_sv_idle": CNPG_POOLS,
    },
}


def exported() -> dict[str, set[str]]:
    """The services' series, with their labels."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                (family,) = metric.describe()
                labels = set(metric._labelnames)  # noqa: SLF001  no series has them before its first sample
                for suffix in SUFFIXES[family.type]:
                    found[family.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    # Made when they are asked for.
    return found | {family.name: set(family._labelnames) for family in families(None)}  # noqa: SLF001  likewise


def known() -> dict[str, set[str]]:
    """All series that a query may ask for, with their labels."""
    others = {name: labels for metrics in THIRD_PARTIES.values() for name, labels in metrics.items()}
    return {name: labels | TARGET for name, labels in {**exported(), **others}.items()}


@dataclass(frozen=True)
class Asked:
    """A series that a query asks for, with the values that labels must have."""

    name: str
    labels: dict[str, str]


def asked(expr: str) -> list[Asked]:
    """All series of a query.

    Raises:
        ValueError: it is no PromQL.
    """
    found: list[VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, MatrixSelector):
            found.append(node.vector_selector)
        elif isinstance(node, VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expr), visit)
    return [Asked(one.name or "", {match.name: match.value for match in one.matchers.matchers}) for one in found]


def named_in(text: str) -> set[str]:
    """Names of series and metrics in prose."""
    names = re.findall(
        r"\b((?:opine_(?:http|sentiment|reviews|scrape)|cnpg|kube|kubelet|certmanager)_[a-z_]{4,})\b", text
    )
    return {name for name in names if name.count("_") > 1 and not name.endswith("_")}
