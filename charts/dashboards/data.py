"""PostgreSQL, its pooler and its backups; and what the scraping brought."""

from grafana_foundation_sdk.models.dashboard import Dashboard
from panels import POOLER, POSTGRESQL, REVIEWS, Query, board, graph

_OWN = f'{POSTGRESQL}, datname!~"template.|postgres"'
_CLAIMS = 'namespace="$namespace", persistentvolumeclaim=~"$cluster-.*"'


def _rate(column: str) -> str:
    return f"sum(rate(cnpg_pg_stat_database_{column}{{{_OWN}}}[$__rate_interval]))"


def _scraping(metric: str, by: str = "kind", more: str = "") -> str:
    """Every pod of the API shows the same."""
    return f"max by ({by}) (opine_scrape_{metric}{{{REVIEWS}{more}}})"


def data() -> Dashboard:
    postgresql = [
        graph(
            "Primary",
            "none",
            "1 for the instance that takes writes.",
            Query(f"1 - cnpg_pg_replication_in_recovery{{{POSTGRESQL}}}", "{{pod}}"),
        ),
        graph(
            "Replication lag",
            "s",
            "How far replicas are behind; above 30 s for 5 minutes an alert fires.",
            Query(f"cnpg_pg_replication_lag{{{POSTGRESQL}}}", "{{pod}}"),
            limit=30,
        ),
        graph(
            "Connections",
            "none",
            "Of the primary, by state, and the most that it takes.",
            Query(
                f"sum by (state) (cnpg_backends_total{{{POSTGRESQL}}}"
                f" and on (pod) cnpg_pg_replication_in_recovery{{{POSTGRESQL}}} == 0)",
                "{{state}}",
            ),
            Query(f'max(cnpg_pg_settings_setting{{{POSTGRESQL}, name="max_connections"}})', "most"),
        ),
        graph(
            "Transactions",
            "ops",
            "Committed and rolled back.",
            Query(_rate("xact_commit"), "committed"),
            Query(_rate("xact_rollback"), "rolled back"),
        ),
        graph(
            "Longest transaction",
            "s",
            "By role. A long one holds locks, and keeps dead rows.",
            Query(f"max by (usename) (cnpg_backends_max_tx_duration_seconds{{{POSTGRESQL}}})", "{{usename}}"),
        ),
        graph(
            "Waiting for locks",
            "none",
            "Statements that wait for others.",
            Query(f"sum(cnpg_backends_waiting_total{{{POSTGRESQL}}})", "statements"),
        ),
        graph(
            "Found in memory",
            "percentunit",
            "Share of the blocks that were not read from the disk.",
            Query(f"{_rate('blks_hit')} / ({_rate('blks_hit')} + {_rate('blks_read')})", "share"),
        ),
        graph(
            "Size",
            "bytes",
            "Of the database.",
            Query(f"max by (datname) (cnpg_pg_database_size_bytes{{{_OWN}}})", "{{datname}}"),
        ),
        graph(
            "Free on volumes",
            "percentunit",
            "Below 15 % an alert fires.",
            Query(
                f"kubelet_volume_stats_available_bytes{{{_CLAIMS}}} / kubelet_volume_stats_capacity_bytes{{{_CLAIMS}}}",
                "{{persistentvolumeclaim}}",
            ),
        ),
    ]
    backups = [
        graph(
            "Segments to archive",
            "none",
            "Segments of the write-ahead log that are not in the archive yet.",
            Query(f'cnpg_collector_pg_wal_archive_status{{{POSTGRESQL}, value="ready"}}', "{{pod}}"),
            limit=50,
        ),
        graph(
            "Since the last segment",
            "s",
            "How much a restore would lose by now, at most.",
            Query(f"time() - max(cnpg_pg_stat_archiver_last_archived_time{{{POSTGRESQL}}} > 0)", "age"),
        ),
        graph(
            "Since the last whole backup",
            "s",
            "Above 36 hours an alert fires.",
            Query(
                f"time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{{{POSTGRESQL}}} > 0)",
                "age",
            ),
            limit=36 * 3600,
        ),
    ]
    pooler = [
        graph(
            "Clients",
            "none",
            "The API's connections to PgBouncer: at work, and waiting for PostgreSQL.",
            Query(f"sum(cnpg_pgbouncer_pools_cl_active{{{POOLER}}})", "active"),
            Query(f"sum(cnpg_pgbouncer_pools_cl_waiting{{{POOLER}}})", "waiting"),
        ),
        graph(
            "Longest wait",
            "s",
            "By pod; at 5 s PgBouncer gives up.",
            Query(f"max by (pod) (cnpg_pgbouncer_pools_maxwait{{{POOLER}}})", "{{pod}}"),
            limit=1,
        ),
        graph(
            "Connections to PostgreSQL",
            "none",
            "In use, and kept for the next.",
            Query(f"sum(cnpg_pgbouncer_pools_sv_active{{{POOLER}}})", "in use"),
            Query(f"sum(cnpg_pgbouncer_pools_sv_idle{{{POOLER}}})", "kept"),
        ),
    ]
    scraping = [
        graph(
            "Since the last success",
            "s",
            "A crawl is due every day, a discovery every week.",
            Query(f"time() - {_scraping('last_success_timestamp_seconds')}", "{{kind}}"),
            width=6,
        ),
        graph(
            "Runs on record",
            "none",
            "By how they ended.",
            Query(_scraping("runs", "kind, outcome"), "{{kind}} {{outcome}}"),
            width=6,
        ),
        graph(
            "The last run",
            "none",
            "Pages read, what stood on them, and what of it was new.",
            Query(_scraping("last_run_pages"), "{{kind}}: pages"),
            Query(_scraping("last_run_items"), "{{kind}}: items"),
            Query(_scraping("last_run_new_items"), "{{kind}}: new"),
            width=6,
        ),
        graph(
            "Not understood",
            "none",
            "Pages and cards of the last run, by reason: a site has changed where this grows.",
            Query(_scraping("last_run_rejected", "kind, reason"), "{{kind}} {{reason}}"),
            stacked=True,
            width=6,
        ),
    ]
    return board(
        "opine-data",
        "Opine: data",
        "PostgreSQL, its pooler and its backups; and what the scraping brought.",
        [("PostgreSQL", postgresql), ("Log and backups", backups), ("Pooler", pooler), ("Scraping", scraping)],
    )
