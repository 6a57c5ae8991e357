"""Shadow over the past: what a candidate says of the reviews that are stored, beside what the live version says."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from opine_learning.evidence import Counts
from opine_learning.judge import Facts
from opine_learning.services import Registry, Sentiment, ServiceError

# The service holds three batches of what is sent, and this client reads only once all is sent.
_TEXTS_A_REQUEST = 128
_WORD = re.compile(r"[^\W\d_]{3,30}")
_HERE = "opine"
"""The source of what was written here."""
_SHOWN = 10


@dataclass
class Flips:
    """How often the label is another one: of all texts, and by what they are about."""

    texts: int = 0
    labels: int = 0
    stars: int = 0
    unscored: int = 0
    by: dict[str, tuple[Counter[str], Counter[str]]] = field(
        default_factory=lambda: {kind: (Counter(), Counter()) for kind in ("brand", "source", "word")}
    )
    """Texts and those of them with another label, by brand, source and word."""
    reviews: list[str] = field(default_factory=list)
    """The first ones with another label, to read."""

    def add(self, review: Mapping[str, Any], shown: Mapping[str, Any], candidate: Mapping[str, Any]) -> None:
        """Compare what two versions say of a review."""
        if "error" in shown or "error" in candidate:
            self.unscored += 1
            return
        flipped = shown["label"] != candidate["label"]
        self.texts += 1
        self.labels += flipped
        self.stars += shown["stars"] != candidate["stars"]
        source = review.get("source") or {"key": _HERE}
        about = {
            "brand": [review["brand"]["slug"]],
            "source": [source["key"]],
            # Each word once a text: who repeats it would count as many.
            "word": {word.lower() for word in _WORD.findall(review["text"])},
        }
        for kind, names in about.items():
            texts, labels = self.by[kind]
            texts.update(names)
            labels.update(names if flipped else ())
        if flipped and len(self.reviews) < _SHOWN:
            self.reviews.append(f"{source['key']} {review['id']}: {shown['label']} -> {candidate['label']}")

    @property
    def share(self) -> float:
        """Of the texts with another label."""
        return self.labels / self.texts if self.texts else 0.0

    def worst(self, kind: str) -> list[tuple[str, Counts]]:
        """Brands, sources or words with the most flips beyond what all texts have; those at fault come first."""
        texts, labels = self.by[kind]
        # Not the highest share: a brand with one review that flips would lead, and a large one at fault be hidden.
        beyond = {name: count - self.share * texts[name] for name, count in labels.items()}
        ranked = sorted(beyond, key=lambda name: (-beyond[name], name))
        return [(name, Counts(labels[name], texts[name])) for name in ranked[:_SHOWN] if beyond[name] > 0]

    def evidence(self) -> Facts:
        found: Facts = {"past_texts": self.texts, "past_label_flips": self.labels, "past_star_flips": self.stars}
        for kind in self.by:
            found[f"flips_by_{kind}"] = {name: f"{flips} of {texts}" for name, (flips, texts) in self.worst(kind)}
        return found

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield (
            f"{self.labels} of {self.texts} texts get another label ({self.share:.1%}), {self.stars} other stars; "
            f"{self.unscored} could not be scored"
        )
        for kind in self.by:
            for name, (flips, texts) in self.worst(kind):
                yield f"  {kind} {name}: {flips} of {texts}"
        yield from (f"  {review}" for review in self.reviews)


def rescore(registry: Registry, sentiment: Sentiment, *, most: int | None = None) -> Flips:
    """Compare the candidate of the open release with the live version on stored reviews, newest first.

    Args:
        registry: where the reviews are.
        sentiment: what has both versions loaded.
        most: reviews; all if None.

    Raises:
        ServiceError: no release is open, or a service did not answer, or does not have both versions.
    """
    plan = registry.plan()
    if plan["release"] is None:
        raise ServiceError("no release is open: start one with `opine-models release`, then its candidate is loaded")
    digests = [plan[role]["digest"] for role in ("live", "candidate")]
    found = Flips()
    # Both at once: bulk requests wait for visitors, and two share one wait.
    with ThreadPoolExecutor(max_workers=len(digests)) as versions:
        for reviews in _chunks(islice(registry.reviews(), most)):
            texts = [review["text"] for review in reviews]
            answers = versions.map(lambda digest, texts=texts: sentiment.rescore(texts, digest), digests)
            for review, shown, candidate in zip(reviews, *answers, strict=True):
                found.add(review, shown, candidate)
    return found


def block(registry: Registry, found: Flips, most: float) -> str | None:
    """Take the open release back if too many labels are other ones, else keep the numbers with it.

    Returns:
        Why it was taken back; None where it was not.

    Raises:
        StaleError: somebody else has decided meanwhile.
        ServiceError: the registry did not answer.
    """
    # Read anew: rescoring takes minutes, in which the judge may have decided, and a stale revision would be refused.
    plan = registry.plan()
    if plan["release"] is None:
        return None
    shown = f"{found.share:.1%} of {found.texts} stored reviews would get another label"
    if found.share <= most:
        registry.note(plan["release"], "rescoring", {"reason": shown, **found.evidence()})
        return None
    reason = f"{shown}; {most:.1%} are allowed"
    evidence = {"reason": reason, **found.evidence()}
    registry.decide(f"/releases/{plan['release']}/rollback", plan["revision"], evidence=evidence)
    return reason


def _chunks(reviews: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(reviews)
    while chunk := list(islice(left, _TEXTS_A_REQUEST)):
        yield chunk
