import datetime as dt
import json
from typing import Annotated, Literal

import pytest
from opine_common.problems import FieldError, Problem, detail_of, from_validation
from opine_common.request_ids import begin_request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError


def test_a_problem_that_its_status_explains() -> None:
    assert json.loads(Problem(503, "Try again later.").body()) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Try again later.",
        "request_id": None,
    }


def test_a_problem_of_a_kind_names_fields_and_the_request() -> None:
    error = FieldError(field="text", message="is")
    begin_request("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    body = json.loads(Problem(422, "text: is empty", kind="odd", errors=[error]).body())
    assert body["type"] == "urn:opine:problem:odd"
    assert body["errors"] == [{"field": "text", "message": "is"}]
    assert (body["request_id"], body["trace_id"]) == ("r-1", "4bf92f3577b34da6a3ce929d0e0e4736")


def test_a_status_that_http_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="799"):
        Problem(799, "?")


class Body(BaseModel):
    stars: int = Field(le=5)


def test_a_validation_error_lists_its_fields_without_their_values() -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate({"stars": "a secret"})
    problem = from_validation(refused.value)
    assert (problem.status, [error.field for error in problem.errors]) == (422, ["stars"])
    assert "a secret" not in problem.body()


class Query(BaseModel):
    model_config = {"extra": "forbid"}

    q: Annotated[str, BeforeValidator(lambda value: value), Field(max_length=3)] = "a"
    limit: int = Field(default=1, ge=1, le=100)
    sort: Literal["name", "stars"] = "name"
    texts: list[str] = Field(default=[], max_length=1)
    slug: str = Field(default="a", min_length=1, max_length=3, pattern="^[a-z]+$")
    since: dt.datetime | None = None


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"q": "abcde"}, "q must have at most 3 characters, and has 5."),
        ({"slug": "abcde"}, "slug must have at most 3 characters."),
        ({"slug": ""}, "slug must not be empty."),
        ({"slug": "A"}, "slug is not written as it must be."),
        ({"slug": 5}, "slug must be a text."),
        ({"limit": 0}, "limit must be at least 1."),
        ({"limit": 101}, "limit must be at most 100."),
        ({"limit": "many"}, "limit must be a whole number."),
        ({"limit": 1.5}, "limit must be a whole number."),
        ({"sort": "age"}, "sort must be 'name' or 'stars'."),
        ({"texts": ["a", "b"]}, "texts must have at most 1 items, and has 2."),
        ({"texts": "a"}, "texts must be a list."),
        ({"sortt": "name"}, "sortt is not known here; check its spelling."),
        ({"since": "soon"}, "since is not written as it must be."),
        ({"limit": 0, "q": "abcd"}, "q must have at most 3 characters, and has 4. limit must be at least 1."),
    ],
)
def test_a_validation_error_is_in_words_for_people(query: dict[str, object], detail: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Query.model_validate(query)
    assert from_validation(refused.value).detail == detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"status": 409, "detail": "The plan is another."}', "The plan is another."),
        (
            b'{"detail": "Two faults.", "errors": [{"message": "a is missing"}, {"message": "b is odd"}]}',
            "a is missing; b is odd",
        ),
        (b"<html>Bad Gateway</html>", None),
        (b'["no object"]', None),
        (b"{}", None),
    ],
)
def test_another_services_problem_is_told(body: bytes, detail: str | None) -> None:
    assert detail_of(body) == detail
