"""Whether people agree with the model, and whether it is asked for other things than it learned."""

from grafana_foundation_sdk.models.dashboard import Dashboard
from panels import REVIEWS, SENTIMENT, Query, board, graph, listing, number

_PROPOSED = 'agreement=~"same|corrected"'


def _reviews(more: str = "", by: str = "", window: str = "1d") -> str:
    group = f" by ({by}) " if by else ""
    labels = f", {more}" if more else ""
    return f"sum{group}(increase(opine_reviews_submitted_total{{{REVIEWS}{labels}}}[{window}]))"


def _label_share(window: str, offset: str = "") -> str:
    scored = f"increase(opine_sentiment_predictions_total{{{SENTIMENT}}}[{window}]{offset})"
    return f"sum by (label) ({scored}) / on () group_left () sum({scored})"


def product() -> Dashboard:
    same = 'agreement="same"'
    people = [
        number(
            "Agreement within a day",
            "percentunit",
            "Share of the proposed stars that people left as they were.",
            Query(f"{_reviews(same)} / {_reviews(_PROPOSED)}"),
            width=6,
        ),
        number(
            "Agreement within a week",
            "percentunit",
            "The same over seven days.",
            Query(f"{_reviews(same, window='7d')} / {_reviews(_PROPOSED, window='7d')}"),
            width=6,
        ),
        number(
            "Reviews within a day", "none", "Written here, with and without a proposal.", Query(_reviews()), width=6
        ),
        number(
            "Without a proposal",
            "percentunit",
            "Share of the last day's reviews whose writer saw no proposal.",
            Query(f"""({_reviews('agreement="none"')} or vector(0)) / {_reviews()}"""),
            width=6,
        ),
        graph(
            "Agreement by version",
            "percentunit",
            "Over a day. A version that falls below the one before it should not stay.",
            Query(
                f"{_reviews(same, 'model_version')} / {_reviews(_PROPOSED, 'model_version')}",
                "{{model_version}}",
            ),
        ),
        graph(
            "Stars chosen",
            "none",
            "Reviews a day by the stars that people gave.",
            Query(_reviews(by="chosen"), "{{chosen}}"),
            stacked=True,
        ),
        graph(
            "Stars proposed",
            "none",
            "Reviews a day by the stars that the model proposed.",
            Query(_reviews(by="suggested"), "{{suggested}}"),
            stacked=True,
        ),
    ]
    predictions = [
        graph(
            "Predictions by label",
            "ops",
            "Texts scored a second, while people type.",
            Query(
                f"sum by (label) (rate(opine_sentiment_predictions_total{{{SENTIMENT}}}[$__rate_interval]))",
                "{{label}}",
            ),
            stacked=True,
        ),
        graph(
            "Predictions by version",
            "ops",
            "During a rollout two of them.",
            Query(
                f"sum by (model_version) (rate(opine_sentiment_predictions_total{{{SENTIMENT}}}[$__rate_interval]))",
                "{{model_version}}",
            ),
        ),
        graph(
            "Texts that could not be scored",
            "ops",
            "By code: too_long, invalid, internal.",
            Query(
                f"sum by (code) (rate(opine_sentiment_text_errors_total{{{SENTIMENT}}}[$__rate_interval]))", "{{code}}"
            ),
        ),
    ]
    drift = [
        listing(
            "Words that the model misreads, or that have turned",
            "Of the last night's report: share of proposals that are corrected with the word, or of reviews in which "
            "it speaks in the direction that has changed.",
            Query(f"max by (signal, word) (opine_drift_word_ratio{{{REVIEWS}}})"),
        ),
        graph(
            "Reasons to call it drift",
            "none",
            "By the nightly reports; from one on an alert fires.",
            Query(f"max by (source, signal) (opine_drift_reasons{{{REVIEWS}}}) > 0", "{{source}}: {{signal}}"),
            stacked=True,
            width=6,
        ),
        number(
            "Since the last report",
            "s",
            "Measured every night; after three days an alert fires.",
            Query(f"time() - max(opine_drift_measured_timestamp_seconds{{{REVIEWS}}})"),
            fair=2 * 86400,
            bad=3 * 86400,
            width=6,
        ),
        graph(
            "Proposals that are kept",
            "percentunit",
            "In the week before each report, and in the four before that.",
            Query(f"max by (source, time) (opine_drift_agreement_ratio{{{REVIEWS}}})", "{{source}}: {{time}}"),
        ),
        graph(
            "Texts in another language",
            "percentunit",
            "In the week before each report, and in the four before that: the model abstains there.",
            Query(f"max by (source, time) (opine_drift_language_ratio{{{REVIEWS}}})", "{{source}}: {{time}}"),
        ),
        graph(
            "Stability index",
            "none",
            "Of scores, labels and lengths against the four weeks before: from 0.25 on it is another population.",
            Query(f"max by (source, figure) (opine_drift_stability_index{{{REVIEWS}}})", "{{source}}: {{figure}}"),
            limit=0.25,
        ),
        graph(
            "Labels of the last day",
            "percentunit",
            "Share of each label in a day's predictions.",
            Query(_label_share("1d"), "{{label}}"),
        ),
        graph(
            "Labels against the week before",
            "percentunit",
            "How far a day's share of each label is from that of the seven days before it.",
            Query(f"abs({_label_share('1d')} - {_label_share('7d', ' offset 1d')})", "{{label}}"),
            limit=0.1,
        ),
        graph(
            "Characters a text",
            "none",
            "Mean length, over an hour: another kind of texts often shows here first.",
            Query(
                f"sum(rate(opine_sentiment_batch_characters_sum{{{SENTIMENT}}}[1h]))"
                f" / sum(rate(opine_sentiment_batch_rows_sum{{{SENTIMENT}}}[1h]))",
                "characters",
            ),
        ),
        graph(
            "Trainings",
            "none",
            "That new labels or drift have started, by how they ended, in the last day. One that failed is an alert.",
            Query(
                f"max by (outcome) (opine_training_runs{{{REVIEWS}}})"
                f" - max by (outcome) (opine_training_runs{{{REVIEWS}}} offset 1d)",
                "{{outcome}}",
            ),
        ),
    ]
    return board(
        "opine-product",
        "Opine: product and model",
        "Whether people agree with the model, and whether it is asked for other things than it learned.",
        [("People", people), ("Predictions", predictions), ("Drift", drift)],
    )
