"""What the model is asked for, how it is batched, and what it cannot take."""

from grafana_foundation_sdk.models.dashboard import Dashboard
from panels import REVIEWS, SENTIMENT, Query, board, graph, listing, mean, quantiles

_AUTOSCALER = 'namespace="$namespace", horizontalpodautoscaler=~"(keda-hpa-)?$release-sentiment"'


def _rate(metric: str, by: str = "", more: str = "") -> str:
    group = f" by ({by}) " if by else ""
    return f"sum{group}(rate({metric}{{{SENTIMENT}{more}}}[$__rate_interval]))"


def _increase(metric: str, by: str = "") -> str:
    return f"sum by ({by}) (increase({metric}{{{SENTIMENT}}}[1h]))"


def serving() -> Dashboard:
    load = [
        graph(
            "Offered compute a pod",
            "none",
            "Seconds of computing that are asked for in a second, admitted or not, over the pods that there are: what"
            " the autoscaler aims at 0.6 for. At 1 a pod computes without pause.",
            Query(
                f"{_rate('opine_sentiment_offered_compute_seconds_total')} / count(up{{{SENTIMENT}}} == 1)",
                "offered a pod",
            ),
            Query(f"{_rate('opine_sentiment_compute_seconds_sum')} / count(up{{{SENTIMENT}}} == 1)", "computed a pod"),
            limit=1,
        ),
        graph(
            "Pods",
            "none",
            "What the autoscaler wants, what there is, and the most that it may have.",
            Query(f"kube_horizontalpodautoscaler_status_desired_replicas{{{_AUTOSCALER}}}", "wanted"),
            Query(f"kube_horizontalpodautoscaler_spec_max_replicas{{{_AUTOSCALER}}}", "most"),
            Query(f"count(up{{{SENTIMENT}}} == 1)", "there"),
        ),
        graph(
            "Texts",
            "ops",
            "Texts scored, and texts rejected.",
            Query(_rate("opine_sentiment_predictions_total"), "scored"),
            Query(f"{_rate('opine_sentiment_rejected_total')} or vector(0)", "rejected"),
        ),
        graph(
            "Rejected, by reason",
            "ops",
            "queue_full: no room to wait. deadline: would be late. expired: admitted, and late after all."
            " engine_broken: cannot compute. closed: the pod ends. cancelled: nobody waited any more.",
            Query(_rate("opine_sentiment_rejected_total", "reason"), "{{reason}}"),
            stacked=True,
        ),
        graph(
            "Waiting texts",
            "none",
            "By pod, at the moment of the scrape: short queues come and go unseen.",
            Query(f"opine_sentiment_queue_rows{{{SENTIMENT}}}", "{{pod}}"),
        ),
        graph(
            "Too late",
            "ops",
            "Texts computed after their deadline: somebody waited in vain.",
            Query(_rate("opine_sentiment_deadline_misses_total"), "texts"),
        ),
    ]
    batching = [
        graph(
            "Texts a batch",
            "none",
            "Larger under load: that is what batching is for.",
            *quantiles("opine_sentiment_batch_rows", SENTIMENT, 0.5, 0.95),
            mean("opine_sentiment_batch_rows", SENTIMENT),
        ),
        graph(
            "Characters a batch",
            "none",
            "Cost is in proportion to them.",
            *quantiles("opine_sentiment_batch_characters", SENTIMENT, 0.5, 0.95),
            mean("opine_sentiment_batch_characters", SENTIMENT),
        ),
        graph(
            "Wait for the engine",
            "s",
            "From admission to the batch. One text in twenty above 200 ms is an alert.",
            *quantiles("opine_sentiment_queue_wait_seconds", SENTIMENT, 0.5, 0.95, 0.99),
            limit=0.2,
        ),
        graph(
            "Computing a batch",
            "s",
            "What the engine takes; batches are cut to take 50 ms at most.",
            *quantiles("opine_sentiment_compute_seconds", SENTIMENT, 0.5, 0.95, 0.99),
        ),
        graph(
            "Cost model: a batch",
            "s",
            "Estimated time of a batch beside its characters. A pod that is far from the others has a busy node.",
            Query(f"opine_sentiment_estimated_batch_overhead_seconds{{{SENTIMENT}}}", "{{pod}}"),
        ),
        graph(
            "Cost model: a character",
            "s",
            "Estimated time of a character in a batch, by pod.",
            Query(f"opine_sentiment_estimated_character_seconds{{{SENTIMENT}}}", "{{pod}}"),
        ),
    ]
    engine = [
        graph(
            "Broken engines",
            "none",
            "1 for a pod that cannot compute; it is not ready, and an alert fires.",
            Query(f"opine_sentiment_engine_broken{{{SENTIMENT}}}", "{{pod}}"),
            limit=1,
        ),
        graph(
            "Batches that failed",
            "ops",
            "By pod; their texts are answered with an error.",
            Query(_rate("opine_sentiment_engine_failures_total", "pod"), "{{pod}}"),
        ),
        listing(
            "Models",
            "What each pod answers with.",
            Query(
                f"max by (pod, name, version, engine, device, precision) (opine_sentiment_model_info{{{SENTIMENT}}})"
            ),
            width=8,
        ),
    ]
    releases = [
        graph(
            "Visitors who see a candidate",
            "percent",
            "0 while it shadows; nothing without an open release.",
            Query(f"max(opine_release_weight{{{REVIEWS}}} >= 0)", "visitors"),
        ),
        graph(
            "Decisions",
            "none",
            "About releases, by kind, in the last day. A rollback is an alert.",
            Query(
                f"max by (kind) (opine_release_decisions{{{REVIEWS}}})"
                f" - max by (kind) (opine_release_decisions{{{REVIEWS}}} offset 1d)",
                "{{kind}}",
            ),
        ),
        graph(
            "Last decision",
            "dateTimeAsIso",
            "When the release plan was last changed. An open release without a step for 14 days is an alert.",
            Query(f"1000 * max(opine_release_last_decision_timestamp_seconds{{{REVIEWS}}} > 0)", "decided"),
        ),
        graph(
            "Revision of the release plan",
            "none",
            "By pod; a step. Pods that stay apart do not reach the registry, or cannot load what the plan names.",
            Query(f"opine_sentiment_release_revision{{{SENTIMENT}}}", "{{pod}}"),
        ),
        graph(
            "Where the live version came from",
            "none",
            "Pods by source: the registry, the cache of an earlier run, or the image, where no registry was reached.",
            Query(f"sum by (source) (opine_sentiment_model_source{{{SENTIMENT}}})", "{{source}}"),
        ),
        graph(
            "Registry out of reach, versions refused",
            "none",
            "In the last hour, over all pods; everything goes on meanwhile. A refusal ends its release.",
            Query(_increase("opine_sentiment_registry_failures_total"), "not followed"),
            Query(_increase("opine_sentiment_refused_versions_total", "reason"), "{{reason}}"),
        ),
        graph(
            "Shadow",
            "ops",
            "Texts that a shadow was to score, and did. The difference was dropped, because visitors come first.",
            Query(_rate("opine_sentiment_shadow_texts_total", "outcome"), "{{outcome}}"),
        ),
        graph(
            "Shadow: other answers",
            "percentunit",
            "Share of the compared texts with another label or other stars. The judge allows 15 % other labels.",
            Query(
                f"{_rate('opine_sentiment_shadow_flips_total', 'what')} / ignoring(what) group_left "
                + _rate("opine_sentiment_shadow_texts_total", more=', outcome="compared"'),
                "{{what}}",
            ),
            *[
                Query(query.expr, f"score, {query.legend}")
                for query in quantiles("opine_sentiment_shadow_score_distance", SENTIMENT, 0.5, 0.95)
            ],
        ),
        graph(
            "Requests while people see a candidate",
            "ops",
            "By who answered and how it went: what the judge compares both versions by. Slow is over 0.25 s.",
            Query(_rate("opine_sentiment_canary_requests_total", "role, outcome"), "{{role}} {{outcome}}"),
            stacked=True,
        ),
    ]
    return board(
        "opine-serving",
        "Opine: serving",
        "What the model is asked for, how it is batched, and what it cannot take.",
        [("Load", load), ("Batching", batching), ("Engine", engine), ("Releases", releases)],
    )
