"""Whether users get what they came for, and if not, which service keeps it from them."""

from grafana_foundation_sdk.models.dashboard import Dashboard
from panels import PODS, REVIEWS, SERVICES, Query, board, graph, number

_PREDICTIONS = f'{REVIEWS}, route="/api/v1/predictions", method="POST"'
_REVIEWS = f'{REVIEWS}, route=~"/api/v1/reviews|/api/review", method="POST"'
# As in prometheus_rules/slo_*.yaml, which records these rates.
_PREDICTION_BUDGET, _REVIEW_BUDGET = 0.01, 0.001
_ANSWERED = f"sum by (job) (rate(opine_http_requests_total{{{SERVICES}}}[$__rate_interval]))"
_ALERTS = 'ALERTS{namespace="$namespace", alertname=~"Opine.+", alertstate="firing"}'


def _burnt(name: str, budget: float, window: str, function: str = "avg_over_time") -> str:
    bad, every = (f"{function}(opine:{part}:rate5m{{{REVIEWS}}}[{window}])" for part in (f"{name}_bad", name))
    return f"{bad} / {every} / {budget}"


def overview() -> Dashboard:
    users = [
        number(
            "Predictions: budget left",
            "percentunit",
            "Of the one prediction in a hundred that may be late or refused within 30 days.",
            Query(f"1 - {_burnt('predictions', _PREDICTION_BUDGET, '30d', 'sum_over_time')}"),
            fair=0.5,
            bad=0.2,
            width=6,
        ),
        number(
            "Reviews: budget left",
            "percentunit",
            "Of the one review in a thousand that may be refused within 30 days.",
            Query(f"1 - {_burnt('reviews', _REVIEW_BUDGET, '30d', 'sum_over_time')}"),
            fair=0.5,
            bad=0.2,
            width=6,
        ),
        number(
            "Alerts",
            "none",
            "Alerts of this namespace that fire now; each has a runbook.",
            Query(f"count({_ALERTS}) or vector(0)"),
            fair=1,
            bad=2,
            width=6,
        ),
        number(
            "Reviews within a day",
            "none",
            "Reviews that were written here within 24 hours.",
            Query(f"sum(increase(opine_reviews_submitted_total{{{REVIEWS}}}[1d]))"),
            width=6,
        ),
        graph(
            "Budgets burn",
            "none",
            "How many times faster than in 30 days the last hour would use them up. Above 14.4 somebody is woken.",
            Query(_burnt("predictions", _PREDICTION_BUDGET, "1h"), "predictions"),
            Query(_burnt("reviews", _REVIEW_BUDGET, "1h"), "reviews"),
            limit=14.4,
            width=12,
        ),
        graph(
            "Alerts that fire",
            "none",
            "By name, which is that of the runbook.",
            Query(f"count by (alertname) ({_ALERTS})", "{{alertname}}"),
            stacked=True,
            width=12,
        ),
    ]
    requests = [
        graph(
            "Requests",
            "reqps",
            "Requests answered, by service.",
            Query(_ANSWERED, "{{job}}"),
        ),
        graph(
            "Errors",
            "percentunit",
            "Share of the answers with a status of 500 or above, by service.",
            Query(
                # A service without errors has no series of them.
                f'(sum by (job) (rate(opine_http_requests_total{{{SERVICES}, status=~"5.."}}[$__rate_interval]))'
                f" or 0 * {_ANSWERED}) / {_ANSWERED}",
                "{{job}}",
            ),
        ),
        graph(
            "Duration",
            "s",
            "Within how long 95 of 100 requests are answered, by service.",
            Query(
                "histogram_quantile(0.95, sum by (job, le)"
                f" (rate(opine_http_request_duration_seconds_bucket{{{SERVICES}}}[$__rate_interval])))",
                "{{job}}",
            ),
        ),
        graph(
            "Predictions: duration",
            "s",
            "What a page waits for; 99 of 100 within 300 ms are promised.",
            *(
                Query(
                    f"histogram_quantile({quantile}, sum by (le)"
                    f" (rate(opine_http_request_duration_seconds_bucket{{{_PREDICTIONS}}}[$__rate_interval])))",
                    f"p{quantile * 100:g}",
                )
                for quantile in (0.5, 0.95, 0.99)
            ),
            limit=0.3,
        ),
        graph(
            "Predictions that failed",
            "reqps",
            "Why the API could not answer with a prediction, or did not believe one that came with a review.",
            *(
                Query(f"sum by (reason) (rate({counter}{{{REVIEWS}}}[$__rate_interval]))", "{{reason}}")
                for counter in ("opine_reviews_failed_predictions_total", "opine_reviews_rejected_predictions_total")
            ),
        ),
        graph(
            "Reviews by status",
            "reqps",
            "201 is a saved review, 503 one that PostgreSQL did not take.",
            Query(f"sum by (status) (rate(opine_http_requests_total{{{_REVIEWS}}}[$__rate_interval]))", "{{status}}"),
        ),
    ]
    pods = [
        graph(
            "Pods that can serve",
            "none",
            "By Deployment.",
            Query(
                'kube_deployment_status_replicas_available{namespace="$namespace",'
                ' deployment=~"$release-(sentiment|reviews|frontend)"}',
                "{{deployment}}",
            ),
            width=6,
        ),
        graph(
            "Restarts within an hour",
            "none",
            "By container.",
            Query(
                f"sum by (container) (increase(kube_pod_container_status_restarts_total{{{PODS}}}[1h]))",
                "{{container}}",
            ),
            width=6,
        ),
        graph(
            "CPU",
            "none",
            "Cores used, by container.",
            Query(
                "sum by (container)"
                f' (rate(container_cpu_usage_seconds_total{{{PODS}, container!=""}}[$__rate_interval]))',
                "{{container}}",
            ),
            width=6,
        ),
        graph(
            "Memory",
            "percentunit",
            "Share of the limit that the fullest pod uses, by container.",
            Query(
                f'max by (container) (container_memory_working_set_bytes{{{PODS}, container!=""}}'
                f' / on (namespace, pod, container) kube_pod_container_resource_limits{{{PODS}, resource="memory"}})',
                "{{container}}",
            ),
            limit=0.9,
            width=6,
        ),
    ]
    return board(
        "opine-overview",
        "Opine: overview",
        "Whether users get what they came for, and which service keeps it from them.",
        [("Promises", users), ("Requests", requests), ("Pods", pods)],
    )
