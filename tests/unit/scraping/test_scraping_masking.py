import json
import re
from collections.abc import Callable

import pytest
from opine_scraping.demo_site.catalogue import Catalogue
from opine_scraping.masking import masked
from opine_scraping.parsers.page import Page

PageOf = Callable[[str], Page]


@pytest.mark.parametrize("company", ["slow-2019.example", "slow-today.example", "changed-2019.example"])
def test_a_masked_page_holds_no_word_of_it(catalogue: Catalogue, page_of: PageOf, company: str) -> None:
    page = page_of(f"/review/{company}")
    kept = masked(page.text)
    if company.startswith("changed"):
        assert "Mina Novak" in page.text
        assert "rv-card" in kept
    for review in catalogue.page_of_reviews(catalogue.companies[company], 1):
        for word in (review.reviewer, *review.reviewer.split(), review.id):
            assert not re.search(rf"(?<!\w){word}(?!\w)", kept)


def test_what_mends_a_parser_is_kept() -> None:
    kept = masked(
        '<article class="review" id="x1"><!-- Ada Holt --><img src="//cdn/stars-4.svg" alt="4 stars: Great">'
        '<a href="/users/Ada" data-name="Ada" title="Ada Holt">Ada</a><script>var ada = "Ada"</script>'
        '<script type="application/json">{"rating": 4, "consumer": {"displayName": "Ada"}}</script></article>tail Ada'
    )
    assert "Ada" not in kept
    for part in ('class="review"', 'id="x1"', 'src="//cdn/stars-4.svg"', 'alt="4 stars: Great"', "data-name"):
        assert part in kept
    found = re.search(r'<script type="application/json">(.*?)</script>', kept)
    assert found is not None
    assert json.loads(found[1]) == {"rating": 4, "consumer": {"displayName": "xxx"}}


@pytest.mark.parametrize("text", ["", "plain words", '<?xml version="1.0" encoding="utf-8"?><a>Ada</a>', "\ud800"])
def test_anything_can_be_masked(text: str) -> None:
    assert "Ada" not in masked(text)
