import json
import re
from collections.abc import Callable

import pytest
from opine_demo_site.catalogue import Catalogue
from opine_scraping.items import ReviewItem
from opine_scraping.parsers import REVIEWS, parse_list
from opine_scraping.parsers.page import Page
from opine_scraping.redaction import redact_page, redact_reply, redact_review

PageOf = Callable[[str], Page]


@pytest.mark.parametrize("company", ["slow-2019.example", "slow-today.example", "changed-2019.example"])
def test_a_masked_page_holds_no_word_of_it(catalogue: Catalogue, page_of: PageOf, company: str) -> None:
    page = page_of(f"/review/{company}")
    kept = redact_page(page.text)
    if company.startswith("changed"):
        assert "Mina Novak" in page.text
        assert "rv-card" in kept
    for review in catalogue.page_of_reviews(catalogue.companies[company], 1):
        for word in (review.reviewer, *review.reviewer.split(), review.id):
            assert not re.search(rf"(?<!\w){word}(?!\w)", kept)


def test_what_mends_a_parser_is_kept() -> None:
    kept = redact_page(
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
def test_anything_can_be_redacted(text: str) -> None:
    assert "Ada" not in redact_page(text)


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


@pytest.mark.parametrize(("markup", "named"), [("2019", "consumer-information__name"), ("today", '"consumer"')])
def test_a_name_that_stands_elsewhere_than_it_did_is_taken_out(
    catalogue: Catalogue, page_of: PageOf, markup: str, named: str
) -> None:
    company = catalogue.companies[f"slow-{markup}.example"]
    page = page_of(f"/review/{company.domain}")
    moved = Page(page.text.replace(named, named.replace("consumer", "author")), page.url, page.read_at)
    items = [item for item in parse_list(REVIEWS, moved).items if isinstance(item, ReviewItem)]
    replied = 0
    for item, review in zip(items, catalogue.page_of_reviews(company, 1), strict=True):
        assert not item.shows_reviewer
        assert review.reviewer.split()[0] not in (item.reply or "")
        replied += item.reply is not None
    assert replied > 3


def test_no_key_and_no_attribute_names_a_person() -> None:
    kept = redact_page(
        '<p id="user-ada-holt" class="card ada"><b>Ada Holt</b>'
        '<img alt="5 stars: Ada" src="/users/Ada/stars-4.svg"></p><script type="application/json">'
        '{"byAuthor": {"Ada Holt": 1, "ada": 2}, "reviews": [{"author": 1}, {"author": 2}]}</script>'
    )
    assert "ada" not in kept.lower()
    assert "holt" not in kept.lower()
    assert '"author"' in kept, "a key that comes again and again is the markup's"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Fine. Kind regards, Ada Holt", "Fine. Kind regards, [name]"),
        ("Yours sincerely\nAda", "Yours sincerely\n[name]"),
        ("It has my regards and more", "It has my regards and more"),
    ],
)
def test_a_signature_under_regards_is_taken_out(text: str, kept: str) -> None:
    assert redact_review(text) == kept


@pytest.mark.parametrize("text", ["", " \n", "<!-- Ada -->"])
def test_of_a_page_without_elements_nothing_is_kept(text: str) -> None:
    assert re.sub(r"</?(html|body)/?>", "", redact_page(text)) == ""
