"""Shadow over the past: stored reviews are scored by both versions, and too many other labels end the release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opine_learning.rescoring import block, rescore
from opine_learning.services import Registry, Sentiment, ServiceError

from tests.service.learning.conftest import Running, follows
from tests.support.registry import SHIPPED, version
from tests.support.reviews.rows import add_reviews, add_scraped_reviews

if TYPE_CHECKING:
    from pathlib import Path

PRAISE = "Wonderful people, quick delivery, I am very happy with the shoes"
COMPLAINT = "Terrible, it arrived broken and nobody answers"


@pytest.fixture
def stored(running: Running) -> None:
    add_reviews(
        running.engine,
        [{"brand_slug": "nike", "text": PRAISE}] * 150 + [{"brand_slug": "zara", "text": COMPLAINT}] * 140,
    )
    add_scraped_reviews(running.engine, [{"text": PRAISE}, {"text": ""}])


@pytest.mark.usefixtures("stored")
def test_too_many_other_labels_end_the_release_with_a_list(
    running: Running, registry: Registry, sentiment: Sentiment, tmp_path: Path
) -> None:
    server, api, _ = running
    if api.plan["live"] is None:
        api.decide("release-plan/pin", digest=api.register(SHIPPED))
    with pytest.raises(ServiceError, match="no release is open"):
        rescore(registry, sentiment)
    # Who praises is proposed few stars; a complaint is still one.
    api.decide("releases", candidate=api.register(version(tmp_path, "9.5.0", star_bias=[6, 3, 0, -6, -9])))
    release = api.plan["release"]
    follows(server, api)

    found = rescore(registry, sentiment)
    assert found.unscored == 0
    assert found.texts >= 291
    flips, texts = dict(found.worst("brand"))["nike"]
    assert (flips, texts >= 150) == (texts, True)
    assert dict(found.by["brand"][1])["nike"] == flips
    assert "zara" not in dict(found.worst("brand"))
    assert "delivery" in dict(found.worst("word"))
    assert "broken" not in dict(found.worst("word"))
    assert any("good -> " in line for line in found.lines())
    newest = rescore(registry, sentiment, most=10)
    assert newest.texts == 10

    assert block(registry, found, most=0.99) is None
    assert api.plan["release"] == release
    ((passed),) = api.get(f"releases/{release}")["findings"]
    assert (passed["kind"], passed["evidence"]["past_texts"]) == ("rescoring", found.texts)
    assert passed["evidence"]["reason"].endswith("stored reviews would get another label")
    reason = block(registry, found, most=0.15)
    assert reason is not None
    assert "15.0% are allowed" in reason
    assert api.plan["release"] is None
    event = api.get(f"release-events?release={release}")["items"][0]
    assert (event["kind"], event["evidence"]["reason"]) == ("rollback", reason)
    assert event["evidence"]["flips_by_brand"]["nike"] == f"{flips} of {texts}"
    assert block(registry, found, most=0.15) is None, "there is nothing left to take back"
