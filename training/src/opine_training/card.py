"""The card that goes with an artefact."""

from __future__ import annotations

from typing import Any

_ROBUSTNESS = {"typos": "with 5 % typos", "capitals": "in capitals", "no_punctuation": "without punctuation"}
_NOT_EVALUATED = "It has not been evaluated; `python -m opine_training evaluate --help` says how.\n"


def model_card(name: str, version: str, training: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Markdown: what it is, what it was trained on, how well it reads, what it is not for."""
    learned, seed = f"{training['rows']:,}", training["configuration"]["seed"]
    return f"""# {name} {version}

A character-level convolutional network that proposes stars for English reviews.

Trained on {learned} reviews (fingerprint `{training["data_sha256"][:16]}`), seed {seed}, by

```
{training["command"]}
```

{_figures(metrics) if metrics else _NOT_EVALUATED}
## Not for

Languages other than English, irony, texts that are no reviews, and decisions about people. Average reviews are the hard
class: read the per-source table before trusting one figure.
"""


def _figures(metrics: dict[str, Any]) -> str:
    ours = metrics["validation"]["all"]
    sources = "\n".join(
        f"| {source} | {figures['rows']:,} | {figures['accuracy']:.3f} | {figures['macro_f1']:.3f} |"
        for source, figures in metrics["validation"]["sources"].items()
    )
    beginnings = ", ".join(f"{share}: {accuracy:.3f}" for share, accuracy in ours["beginnings"].items())
    measured = [f"{_ROBUSTNESS[name]} {each['macro_f1']:.3f}" for name, each in ours.get("robustness", {}).items()]
    robustness = f"Macro-F1 of the same reviews {', '.join(measured)}.\n" if measured else ""
    compared = [("this model", ours)]
    if "word_tfidf" in metrics:
        compared.append(("word TF-IDF with logistic regression, same rows", metrics["word_tfidf"]))
    rows = "\n".join(
        f"| {name} | {figures['rows']:,} | {figures['accuracy']:.3f} "
        f"| {_optional(figures.get('accuracy_uniform_prior'))} | {figures['macro_f1']:.3f} |"
        for name, figures in compared
    )
    return f"""## Validation rows, never learned from

| | rows | three-class accuracy | the same, uniform prior | three-class macro-F1 |
| --- | --- | --- | --- | --- |
{rows}

Stars: mean absolute error {ours["stars_mean_absolute_error"]:.3f},
quadratic kappa {ours["stars_quadratic_kappa"]:.3f}.
Expected calibration error of the three classes: {ours["calibration_error"]:.3f}.
Accuracy on the beginnings of reviews: {beginnings}.
{robustness}
| source | rows | accuracy | macro-F1 |
| --- | --- | --- | --- |
{sources}
"""


def _optional(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"
