"""Metrics of the reviews themselves; those of HTTP are in opine_common."""

from threading import Lock

from prometheus_client import Counter

SUBMITTED = Counter(
    "opine_reviews_submitted_total",
    "Reviews stored: the stars that were proposed against those that were chosen.",
    ["model_version", "suggested", "chosen", "agreement"],
)
FAILED_PREDICTIONS = Counter(
    "opine_reviews_failed_predictions_total",
    "Predictions that could not be made, by reason.",
    ["reason"],
)


class KnownVersions:
    """The model versions that the sentiment service has named to this process.

    The version in a submission comes from the client, who could make up any number of them; only a known one becomes a
    label, any other is "other".
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._versions: dict[str, None] = {}
        self._lock = Lock()

    def add(self, version: str) -> None:
        if version in self._versions:
            return
        with self._lock:
            while len(self._versions) >= self._most:
                del self._versions[next(iter(self._versions))]
            self._versions[version] = None

    def label(self, version: str | None) -> str:
        if version is None:
            return "none"
        return version if version in self._versions else "other"


def count_submission(model_version: str, suggested: int | None, chosen: int) -> None:
    """Count one stored review; `model_version` must come from `KnownVersions.label`."""
    agreement = "none" if suggested is None else "same" if suggested == chosen else "corrected"
    SUBMITTED.labels(model_version, str(suggested or "none"), str(chosen), agreement).inc()
