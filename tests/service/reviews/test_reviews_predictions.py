import pytest
from flask.testing import FlaskClient
from opine_reviews.app import create_app
from opine_reviews.settings import Settings

from tests.support.fake_sentiment import MODEL, PREDICTION, FakeSentiment
from tests.support.reviews.checks import error_of_2019, problem
from tests.support.reviews.rows import submission

PREDICT = "/api/v1/predictions"
AWAY = ["closed", "busy", "broken", "unready", "engine error", "elsewhere", "garbage", "no prediction", "out of bounds"]
WAITS = {"busy": "7", "unready": "9"}
TIMED_OUT = ["slow", "late"]
REFUSED = ["text error", "body too large", "malformed"]


def test_a_prediction_is_handed_on_with_its_model(client: FlaskClient, sentiment: FakeSentiment) -> None:
    response = client.post(
        PREDICT, json={"text": " Great shop!"}, headers={"X-Request-ID": "from-the-page", "X-Session-ID": "a-tab"}
    )
    assert response.status_code == 200
    assert response.content_type == "application/json"
    answer = response.get_json()
    assert answer.pop("signature")
    assert answer == {"model": MODEL, "prediction": PREDICTION}
    assert sentiment.requests == [{"texts": [" Great shop!"], "explain": False}]
    assert sentiment.request_ids == ["from-the-page"]
    assert sentiment.session_ids == ["a-tab"]


def test_contributions_come_if_asked_for(client: FlaskClient) -> None:
    response = client.post(PREDICT, json={"text": "Fine", "explain": True})
    assert response.get_json()["prediction"] == PREDICTION | {"contributions": [0.02] * 4}


def test_words_come_if_asked_for(client: FlaskClient, sentiment: FakeSentiment) -> None:
    response = client.post(PREDICT, json={"text": "Fine 👟 ", "explain": "words"})
    assert response.get_json()["prediction"] == PREDICTION | {"words": [[0, 4, 0.31], [5, 6, 0.31]]}
    assert sentiment.requests == [{"texts": ["Fine 👟 "], "explain": "words"}]


def test_a_text_without_words_has_a_list_of_none(client: FlaskClient) -> None:
    response = client.post(PREDICT, json={"text": " \n", "explain": "words"})
    assert response.get_json()["prediction"] == PREDICTION | {"words": []}


@pytest.mark.parametrize("explain", [1, 0, None, "true", "word", ["words"]])
def test_another_explanation_is_refused_with_those_there_are(
    client: FlaskClient, sentiment: FakeSentiment, explain: object
) -> None:
    response = client.post(PREDICT, json={"text": "Fine", "explain": explain})
    details = problem(response, 422, "invalid-request", field="explain")
    assert details["errors"] == [{"field": "explain", "message": 'must be false, true or "words"'}]
    assert sentiment.requests == []


@pytest.mark.parametrize("mode", AWAY)
def test_an_ill_sentiment_service_is_503_and_reviews_are_still_taken(
    client: FlaskClient, sentiment: FakeSentiment, mode: str
) -> None:
    sentiment.mode = mode
    response = client.post(PREDICT, json={"text": "Fine"})
    problem(response, 503, "sentiment-unavailable")
    assert response.headers["Retry-After"] == WAITS.get(mode, "2")
    assert client.post("/api/v1/reviews", json=submission()).status_code == 201


@pytest.mark.parametrize("mode", TIMED_OUT)
def test_a_prediction_that_took_too_long_says_so(client: FlaskClient, sentiment: FakeSentiment, mode: str) -> None:
    sentiment.mode = mode
    response = client.post(PREDICT, json={"text": "Fine"})
    sentiment.released.set()
    problem(response, 504, "prediction-timeout")
    assert response.headers["Retry-After"] == "2"
    assert len(sentiment.requests) == 1
    assert client.post("/api/v1/reviews", json=submission()).status_code == 201


@pytest.mark.parametrize(
    ("header", "most"),
    [(None, 0.45), ("30", 0.45), ("inf", 0.45), ("0.3", 0.25)],
    ids=["none", "more than the API allows", "endless", "less"],
)
def test_the_sentiment_service_is_told_what_is_left(
    client: FlaskClient, sentiment: FakeSentiment, header: str | None, most: float
) -> None:
    headers = {} if header is None else {"X-Request-Timeout": header}
    assert client.post(PREDICT, json={"text": "Fine"}, headers=headers).status_code == 200
    (told,) = sentiment.timeouts_s
    assert 0 < told <= most


def test_a_second_try_is_told_less(client: FlaskClient, sentiment: FakeSentiment) -> None:
    sentiment.mode = "closed once"
    assert client.post(PREDICT, json={"text": "Fine"}).status_code == 200
    first, second = sentiment.timeouts_s
    assert second < first


def test_who_has_no_time_is_told_so_and_nothing_is_asked(client: FlaskClient, sentiment: FakeSentiment) -> None:
    response = client.post(PREDICT, json={"text": "Fine"}, headers={"X-Request-Timeout": "0.01"})
    problem(response, 504, "prediction-timeout")
    assert sentiment.requests == []


def test_a_caller_without_patience_waits_for_no_database(client: FlaskClient) -> None:
    response = client.get("/api/v1/reviews", headers={"X-Request-Timeout": "1e-9"})
    problem(response, 504, "request-timeout")
    assert response.headers["Retry-After"] == "5"
    assert client.get("/api/v1/reviews").status_code == 200


@pytest.mark.parametrize("header", ["0", "-1", "nan", "soon", ""])
@pytest.mark.parametrize("path", [PREDICT, "/api/v1/reviews"])
def test_a_timeout_is_a_positive_number(client: FlaskClient, sentiment: FakeSentiment, path: str, header: str) -> None:
    response = client.post(path, json={"text": "Fine"}, headers={"X-Request-Timeout": header})
    details = problem(response, 422, "invalid-request", field="X-Request-Timeout")
    assert details["errors"][0]["message"] == "must be a positive number of seconds, such as 0.25"
    assert sentiment.requests == []


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
        assert details["errors"][0]["message"] == "is longer than can be read"


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
    sentiment.mode = "late"
    error_of_2019(client.post("/api/predict", data={"review": "a"}), 504)


@pytest.mark.parametrize(("mode", "kind"), [("closed", "sentiment-asleep"), ("broken", "sentiment-unavailable")])
def test_a_sentiment_service_that_may_sleep_is_said_to_where_nobody_answers(
    settings: Settings, sentiment: FakeSentiment, mode: str, kind: str
) -> None:
    sentiment.mode = mode
    client = create_app(settings.model_copy(update={"sentiment_sleeps": True})).test_client()
    problem(client.post(PREDICT, json={"text": "Fine"}), 503, kind)
