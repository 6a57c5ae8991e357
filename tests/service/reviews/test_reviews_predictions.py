import pytest
from flask.testing import FlaskClient
from review_api.checks import error_of_2019, problem
from review_api.rows import submission
from review_api.sentiment import MODEL, PREDICTION, FakeSentiment

PREDICT = "/api/v1/predictions"
AWAY = ["slow", "closed", "busy", "broken", "elsewhere", "garbage", "no prediction", "out of bounds"]
REFUSED = ["text error", "body too large", "malformed"]


def test_a_prediction_is_handed_on_with_its_model(client: FlaskClient, sentiment: FakeSentiment) -> None:
    response = client.post(PREDICT, json={"text": " Great shop!"}, headers={"X-Request-ID": "from-the-page"})
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.get_json() == {"model": MODEL, "prediction": PREDICTION}
    assert sentiment.requests == [{"texts": [" Great shop!"], "explain": False}]
    assert sentiment.request_ids == ["from-the-page"]


def test_contributions_come_if_asked_for(client: FlaskClient) -> None:
    response = client.post(PREDICT, json={"text": "Fine", "explain": True})
    assert response.get_json()["prediction"] == PREDICTION | {"contributions": [0.02] * 4}


@pytest.mark.parametrize("mode", AWAY)
def test_an_ill_sentiment_service_is_503_and_reviews_are_still_taken(
    client: FlaskClient, sentiment: FakeSentiment, mode: str
) -> None:
    sentiment.mode = mode
    response = client.post(PREDICT, json={"text": "Fine"})
    sentiment.released.set()
    problem(response, 503, "sentiment-unavailable")
    assert response.headers["Retry-After"] == ("7" if mode == "busy" else "2")
    assert client.post("/api/v1/reviews", json=submission()).status_code == 201


@pytest.mark.parametrize(("mode", "seconds"), [("busy for years", "60"), ("busy until a date", "2")])
def test_an_odd_wait_is_not_handed_on(client: FlaskClient, sentiment: FakeSentiment, mode: str, seconds: str) -> None:
    sentiment.mode = mode
    response = client.post(PREDICT, json={"text": "Fine"})
    problem(response, 503, "sentiment-unavailable")
    assert response.headers["Retry-After"] == seconds


@pytest.mark.parametrize("mode", REFUSED)
def test_a_text_that_cannot_be_scored_is_422(client: FlaskClient, sentiment: FakeSentiment, mode: str) -> None:
    sentiment.mode = mode
    details = problem(client.post(PREDICT, json={"text": "Fine"}), 422, "invalid-request", field="text")
    if mode == "text error":
        assert details["errors"][0]["message"] == "at most 5 may be"


def test_a_connection_closed_once_is_tried_again(client: FlaskClient, sentiment: FakeSentiment) -> None:
    sentiment.mode = "closed once"
    assert client.post(PREDICT, json={"text": "Fine"}).status_code == 200
    assert len(sentiment.requests) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "a\x00"}, "text"),
        ({"text": "a\udfff"}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": "a" * 20_001}, "text"),
        ({"text": "a", "explain": 1}, "explain"),
        ({"text": "a", "stars": 1}, "stars"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_asked(
    client: FlaskClient, sentiment: FakeSentiment, body: dict[str, object], field: str
) -> None:
    problem(client.post(PREDICT, json=body), 422, "invalid-request", field=field)
    assert sentiment.requests == []


def test_the_route_of_2019_answers_a_bare_number(client: FlaskClient, sentiment: FakeSentiment) -> None:
    response = client.post("/api/predict", data={"review": "Great shop!"})
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.get_json() == PREDICTION["score"]
    assert sentiment.requests == [{"texts": ["Great shop!"], "explain": False}]


@pytest.mark.parametrize("request_body", [{"data": {"text": "a"}}, {"json": {"review": "a"}}, {}])
def test_the_route_of_2019_needs_its_field(client: FlaskClient, request_body: dict[str, dict[str, str]]) -> None:
    assert error_of_2019(client.post("/api/predict", **request_body), 400) == "no review in body"


def test_the_route_of_2019_tells_errors_in_its_form(client: FlaskClient, sentiment: FakeSentiment) -> None:
    error_of_2019(client.post("/api/predict", data={"review": "a" * 20_001}), 422)
    sentiment.mode = "broken"
    response = client.post("/api/predict", data={"review": "a"})
    error_of_2019(response, 503)
    assert response.headers["Retry-After"] == "2"
