import hypothesis
import pytest
from hypothesis import strategies
from opine_reviews.brands import is_slug, slugify


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Nike", "nike"),
        ("L'Oréal Paris", "l-oreal-paris"),
        ("  H&M  ", "h-m"),
        ("Ａｄｉｄａｓ", "adidas"),  # noqa: RUF001  full width is meant
        ("a" * 99 + " b", "a" * 99),
        ("7-Eleven", "7-eleven"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize("names", [("無印良品", "资生堂"), ("!", "?"), ("😀", "😃")])
def test_names_without_latin_letters_differ(names: tuple[str, str]) -> None:
    assert len({slugify(name) for name in names}) == 2


@hypothesis.given(strategies.text(strategies.characters(exclude_categories=["Cs"]), min_size=1, max_size=100))
def test_every_name_has_a_slug(name: str) -> None:
    assert is_slug(slugify(name))


@pytest.mark.parametrize("text", ["", "-", "a-", "-a", "a--b", "A", "é", "a b", "a\n", "a\x00", "a" * 101])
def test_what_is_no_slug(text: str) -> None:
    assert not is_slug(text)
