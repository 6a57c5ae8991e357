"""The card that goes with an artefact."""

from __future__ import annotations

from typing import Any


def model_card(name: str, version: str, training: dict[str, Any], metrics: dict[str, Any], command: str) -> str:
    """Markdown: what it is, what it was trained on, how well it reads, what it is not for."""
    network, baseline = metrics["validation"]["all"], metrics["word_tfidf"]
    rows = f"{network['rows']:,}"
    learned, seed = f"{training['rows']:,}", training["configuration"]["seed"]
    sources = "\n".join(
        f"| {source} | {figures['rows']:,} | {figures['accuracy']:.3f} | {figures['macro_f1']:.3f} |"
        for source, figures in metrics["validation"]["sources"].items()
    )
    beginnings = ", ".join(f"{share}: {accuracy:.3f}" for share, accuracy in metrics["beginnings"].items())
    return f"""# {name} {version}

A character-level convolutional network that proposes stars for English reviews.

Trained on {learned} reviews (fingerprint `{training["data_sha256"][:16]}`), seed {seed}, by

```
{command}
```

## Validation rows, never learned from

| | rows | three-class accuracy | three-class macro-F1 |
| --- | --- | --- | --- |
| this model | {rows} | {network["accuracy"]:.3f} | {network["macro_f1"]:.3f} |
| word TF-IDF with logistic regression, same rows | {rows} | {baseline["accuracy"]:.3f} | {baseline["macro_f1"]:.3f} |

Stars: mean absolute error {network["stars_mean_absolute_error"]:.3f},
quadratic kappa {network["stars_quadratic_kappa"]:.3f}.
Expected calibration error of the three classes: {network["calibration_error"]:.3f}.
Accuracy on the beginnings of reviews: {beginnings}.

| source | rows | accuracy | macro-F1 |
| --- | --- | --- | --- |
{sources}

## Not for

Languages other than English, irony, texts that are no reviews, and decisions about people. Average reviews are the hard
class: read the per-source table before trusting one figure.
"""
