"""Guards against poisoning: each has what it lets through and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opine_training.curation import Curation, Entry, Guards, curate
from opine_training.reviews import text_digest
from opine_training.splits import signature

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
LONG = "The parcel came a day early, but support never answered my mail about the broken lid of the second box"


def entries(*reviews: dict[str, Any]) -> list[Entry]:
    """Reviews with what they do not say from a plain one: an hour apart, all of different clients and words."""
    return [
        Entry(
            said.get("source", "opine"),
            number,
            said.get("brand", f"brand-{number}"),
            START + timedelta(hours=said.get("hours", number)),
            said.get("client", f"client {number}"),
            5,
            text_digest(said.get("text", f"words {number}")),
            signature(said.get("text", "")),
            b"",
        )
        for number, said in enumerate(reviews)
    ]


def kept(found: Curation) -> list[int]:
    return [entry.id for entry in found.kept]


def test_plain_reviews_are_all_kept_in_any_order() -> None:
    plain = entries(*[{}] * 30)
    assert kept(curate(plain, Guards())) == kept(curate(reversed(plain), Guards())) == list(range(30))


@pytest.mark.parametrize("minutes", [1, 3])
def test_one_client_in_a_burst_is_set_aside_with_its_day(minutes: int) -> None:
    burst = [{"client": "one", "hours": number * minutes / 60} for number in range(5)]
    found = curate(entries(*burst, {"client": "one", "hours": 9}, {}), Guards())
    if minutes == 1:
        assert kept(found) == [6]
        assert {reason for _, reason in found.quarantined} == {"one client in a burst"}
        assert len(found.quarantined) == 6
    else:  # twelve minutes are no burst, but one client's share is five
        assert kept(found) == [0, 1, 2, 3, 4, 6]
        assert found.left_out["client's share"] == 1


def test_one_text_in_a_burst_is_set_aside_and_elsewhere_counts_once() -> None:
    same = [{"text": "Great!", "hours": number / 60} for number in range(5)]
    assert kept(curate(entries(*same, {}), Guards())) == [5]
    read_elsewhere = [each | {"source": "trustpilot", "client": None} for each in same]
    found = curate(entries(*read_elsewhere, {}), Guards())
    assert (kept(found), found.left_out["duplicate"]) == ([0, 5], 4)


def test_near_duplicates_count_once_and_other_texts_do_not() -> None:
    texts = [LONG, LONG + "es", LONG.upper() + "!", "Quite another text " + LONG[40:20:-1] * 4]
    found = curate(entries(*({"text": words} for words in texts)), Guards())
    assert (kept(found), found.left_out["duplicate"]) == ([0, 3], 2)


def test_no_brand_and_no_day_has_more_than_its_share() -> None:
    guards = Guards(brand_share=0.2, day_share=0.3, least=4)
    mixed = [{"brand": "loud"} if number % 2 else {} for number in range(60)]
    found = curate(entries(*mixed), guards)
    assert sum(entry.brand == "loud" for entry in found.kept) <= 12
    assert found.left_out["brand's share"] == 18
    days = [entry.day for entry in found.kept]
    assert max(map(days.count, days)) <= 0.3 * (60 - 18)
    assert kept(found) == kept(curate(entries(*mixed), guards))


def test_a_poisoned_fifth_of_few_clients_is_kept_out() -> None:
    honest: list[dict[str, Any]] = [{} for _ in range(80)]
    poison = [{"client": f"bad {number % 2}", "hours": 40 + number / 10, "brand": "victim"} for number in range(20)]
    found = curate(entries(*honest, *poison), Guards(client=3))
    assert sum(entry.brand == "victim" for entry in found.kept) <= 6
    assert len(found.kept) >= 80


@pytest.mark.parametrize("wrong", [{"burst": 0}, {"client": 0}, {"brand_share": 2.0}, {"similarity": -1.0}])
def test_guards_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Guards(**wrong)
