import json
import re
from collections.abc import Callable

import pytest
from opine_demo_site.catalogue import Catalogue
from opine_scraping.parsers.page import Page
from opine_scraping.redaction import mask_page, redact_reply, redact_review

PageOf = Callable[[str], Page]


@pytest.mark.parametrize("company", ["slow-2019.example", "slow-today.example", "changed-2019.example"])
def test_a_masked_page_holds_no_word_of_it(catalogue: Catalogue, page_of: PageOf, company: str) -> None:
    page = page_of(f"/review/{company}")
    kept = mask_page(page.text)
    if company.startswith("changed"):
        assert "Mina Novak" in page.text
        assert "rv-card" in kept
    for review in catalogue.page_of_reviews(catalogue.companies[company], 1):
        for word in (review.reviewer, *review.reviewer.split(), review.id):
            assert not re.search(rf"(?<!\w){word}(?!\w)", kept)


def test_what_mends_a_parser_is_kept() -> None:
    kept = mask_page(
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
def test_anything_can_be_mask_page(text: str) -> None:
    assert "Ada" not in mask_page(text)


@pytest.mark.parametrize(
    ("reply", "name", "kept"),
    [
        ("Hi Jason. Thank you.", "jason", "Hi [name]. Thank you."),
        ("Dear Mrs Smith, sorry.", "J S", "Dear Mrs [name], sorry."),
        ("Hallo Anna Maria Berg!\nDanke.", "", "Hallo [name]!\nDanke."),
        ("Thank you for your review, Loraine. Bye.", "Loraine Moran", "Thank you for your review, [name]. Bye."),
        ("Thank you LORAINE MORAN", "Loraine Moran", "Thank you [name]"),
        ("Good morning, Bo - welcome", "Xi", "Good morning, [name] - welcome"),
    ],
)
def test_the_reviewer_is_taken_out_of_a_reply(reply: str, name: str, kept: str) -> None:
    assert redact_reply(reply, name) == kept
    assert redact_reply(kept, "") == kept, "done twice it changes nothing more"


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        ("We will look into it.", "Will"),
        ("Hello and thank you, all is well.", "Ada Holt"),
        ("Hi, sorry to read this.", "Ada Holt"),
        ("Adamant people.", "Ada Holt"),
        ("A b c", "A"),
    ],
)
def test_other_words_stay(reply: str, name: str) -> None:
    assert redact_reply(reply, name) == reply


def test_a_signature_is_taken_out_of_a_review_but_a_word_is_not() -> None:
    assert redact_review("Fine. Regards, ada holt", "Ada Holt") == "Fine. Regards, [name]"
    assert redact_review("A saving Grace", "Grace") == "A saving Grace"
