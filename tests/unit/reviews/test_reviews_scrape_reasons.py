from opine_reviews.metrics import bounded_reasons


def test_reasons_are_at_most_twenty_and_other() -> None:
    rejected = {f"reason_{number:02}": 1 for number in range(30)}
    numbers = bounded_reasons(rejected, known=())
    assert len(numbers) == 21
    assert numbers["other"] == 10
    assert sum(numbers.values()) == 30


def test_what_is_no_label_is_other_and_earlier_reasons_are_nought() -> None:
    numbers = bounded_reasons({"bad stars": 2, "a" * 51: 1, "slow": 3}, known=["gone", "<x>"])
    assert numbers == {"gone": 0, "other": 3, "slow": 3}
