"""What a body must be, and what is said of one that is not."""

import json
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opine_common.problems import Problem
from opine_sentiment.http.request import parse_predict_request
from opine_sentiment.schemas import PredictRequest
from pydantic import ValidationError

MAX_TEXTS = 3

MALFORMED = {
    b"": "body",
    b"{": "body",
    b"\xff\xfe": "body",
    b"[1]": "body",
    b"null": "body",
    b"[" * 100_000: "body",
    b'{"texts": ' + b"1" * 10_000 + b"}": "body",
    b"{}": "texts",
    b'{"texts": null}': "texts",
    b'{"texts": "one"}': "texts",
    b'{"texts": {"0": "one"}}': "texts",
    b'{"texts": ["one", 2]}': "texts[1]",
    b'{"texts": [["one"]]}': "texts[0]",
    b'{"texts": [], "explain": 1}': "explain",
    b'{"texts": [], "explain": "yes"}': "explain",
    b'{"texts": [], "explain": null}': "explain",
    b'{"texts": [], "text": "one"}': "text",
    b'{"texts": [], "\\ud800": 1}': "\\ud800",
}


@pytest.mark.parametrize(("body", "field"), MALFORMED.items(), ids=[str(body[:30]) for body in MALFORMED])
def test_the_message_names_the_field(body: bytes, field: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_predict_request(body, MAX_TEXTS)
    assert caught.value.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [error.field for error in caught.value.errors] == [field]
    assert caught.value.detail.startswith(field)
    caught.value.detail.encode()


def test_as_many_texts_as_allowed_pass_and_one_more_does_not() -> None:
    assert len(parse_predict_request(json.dumps({"texts": ["a"] * MAX_TEXTS}).encode(), MAX_TEXTS).texts) == MAX_TEXTS
    with pytest.raises(Problem) as caught:
        parse_predict_request(json.dumps({"texts": ["a"] * (MAX_TEXTS + 1)}).encode(), MAX_TEXTS)
    assert caught.value.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_lone_surrogate_is_the_text_s_matter() -> None:
    asked = parse_predict_request(b'{"texts": ["\\ud800", "fine"], "explain": true}', MAX_TEXTS)
    assert asked.texts == ["\ud800", "fine"]
    assert asked.explain is True


@pytest.mark.parametrize("explain", [True, False, "words"])
def test_contributions_are_asked_for_by_character_or_by_word(explain: object) -> None:
    assert parse_predict_request(json.dumps({"texts": [], "explain": explain}).encode(), MAX_TEXTS).explain == explain


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["texts", "explain", "x"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["texts", "explain", "x"]), values) | values)
def test_the_documented_request_is_the_one_that_is_taken(document: object) -> None:
    """The schema in the documentation is pydantic's, the check is by hand; they must agree."""
    body = json.dumps(document).encode()
    try:
        documented = PredictRequest.model_validate_json(body, strict=True)
    except ValidationError:
        with pytest.raises(Problem):
            parse_predict_request(body, MAX_TEXTS)
    else:
        asked = parse_predict_request(body, MAX_TEXTS)
        assert (asked.texts, asked.explain) == (documented.texts, documented.explain)
