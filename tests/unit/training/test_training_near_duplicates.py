from __future__ import annotations

import pytest
from opine_training.reviews import text_digest
from opine_training.splits import NearDuplicates, signature

HELD_OUT = (
    "I ordered two lamps in March and they came broken, nobody answered my mails for weeks and in the end I had to go "
    "to my bank to get the money back. Never again, and I tell all my friends."
)
OTHER = (
    "Friendly people, quick delivery and a fair price. The second pair of shoes did not fit, which they changed within "
    "two days without asking questions. I shall be back for the winter boots."
)


def index(*texts: str, similarity: float = 0.8) -> NearDuplicates:
    return NearDuplicates([(text_digest(text), text) for text in texts], similarity)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HELD_OUT, True),
        (HELD_OUT.upper() + "!!", True),
        (HELD_OUT.replace("lamps", "chairs"), True),
        (HELD_OUT.replace("Never again, and I tell all my friends.", "Never again."), True),
        (HELD_OUT[: len(HELD_OUT) // 3], False),
        (OTHER, False),
    ],
)
def test_copies_with_small_changes_are_found_and_others_are_not(text: str, *, found: bool) -> None:
    assert index(HELD_OUT, "Good.").has(text_digest(text), text) is found


def test_a_short_text_is_a_copy_only_of_itself() -> None:
    held_out = index("Very good product", "")
    assert held_out.has(text_digest("very good product!"), "very good product!")
    assert not held_out.has(text_digest("very good products"), "very good products")


def test_similarity_of_zero_finds_exact_copies_only() -> None:
    nearly = HELD_OUT.replace("lamps", "chairs")
    held_out = index(HELD_OUT, similarity=0)
    assert held_out.has(text_digest(HELD_OUT), HELD_OUT)
    assert not held_out.has(text_digest(nearly), nearly)


def test_nothing_is_like_an_empty_index() -> None:
    assert not index().has(text_digest(OTHER), OTHER)


def test_signatures_estimate_similarity() -> None:
    """Half of a text's shingles are in a text of twice its length."""
    half, whole = signature(HELD_OUT), signature(HELD_OUT + OTHER[: len(HELD_OUT)])
    assert half is not None
    assert whole is not None
    assert 0.3 < (half == whole).mean() < 0.7
