import pytest
from opine_reviews.legacy_2019 import FIELDS, FormError, ReviewForm, read_review_form

FORM = {
    "review": "Great shop!",
    "rating": "4",
    "suggested_rating": "5",
    "sentiment_score": "0.93",
    "brand": "Nike",
    "user_agent": "Firefox",
    "ip_address": "192.0.2.7",
}


def _read(**changed: str) -> ReviewForm:
    return read_review_form(FORM | changed, max_text_length=20)


def test_a_form_is_typed() -> None:
    form = _read(review="  Great \n", brand=" Nike ")
    assert form == ReviewForm(
        review="Great",
        rating=4,
        suggested_rating=5,
        sentiment_score=0.93,
        brand="Nike",
        user_agent="Firefox",
        ip_address="192.0.2.7",
    )


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_told_in_the_words_of_2019(field: str) -> None:
    with pytest.raises(FormError, match=r"^Missing field in body$"):
        read_review_form({name: value for name, value in FORM.items() if name != field}, max_text_length=20)


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("review", "a", "a" * 20),
        ("brand", "a", "a" * 100),
        ("user_agent", "", "a" * 1000),
        ("ip_address", "", "1" * 64),
        ("sentiment_score", "0", "1.0"),
        ("rating", "1", "5"),
    ],
)
def test_bounds_are_within(field: str, least: str, most: str) -> None:
    for value in (least, most):
        _read(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("review", ""),
        ("review", "a" * 21),
        ("brand", "\t"),
        ("brand", "a" * 101),
        ("user_agent", "a" * 1001),
        ("ip_address", "1" * 65),
        ("rating", " 4"),
        ("rating", "04"),
        ("suggested_rating", "5.0"),
        ("sentiment_score", "-0.1"),
        ("sentiment_score", "inf"),
        ("sentiment_score", "NaN"),
        ("sentiment_score", "0,5"),
        *((field, "\x00") for field in FIELDS),
        *((field, "\ud800") for field in FIELDS),
    ],
)
def test_what_is_beyond_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(FormError, match=f"^{field} "):
        _read(**{field: value})
