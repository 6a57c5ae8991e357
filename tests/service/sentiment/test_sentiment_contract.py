"""The contract over HTTP, with a real model."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from charcnn.engine import load_engine
from opine_common.problems import ProblemDetails
from opine_sentiment.schemas import PredictResponse

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.support.sentiment.server import Server

TEXTS = ["Great shop!", "", "Très déçu, jamais livré 😡", "x" * 500, "Great shop!"]


def predict(server: Server, texts: list[str], **fields: object) -> httpx.Response:
    return server.http.post("/v1/predict", json={"texts": texts, **fields}, timeout=20)


def test_predictions_are_the_engine_s_in_order(real: Server, artefact: Path) -> None:
    answer = predict(real, TEXTS).json()
    engine = load_engine(artefact)
    expected = engine.predict([engine.encode(text) for text in TEXTS], [False] * len(TEXTS))
    assert answer["model"] == {"name": "tiny", "version": "0.1.2", "digest": engine.digest}
    assert answer["predictions"] == [
        {
            "score": pytest.approx(prediction.score, abs=1e-6),
            "label": prediction.label,
            "stars": prediction.stars,
            "star_probabilities": pytest.approx(prediction.star_probabilities, abs=1e-6),
            **({"abstention": prediction.abstention} if prediction.abstention else {}),
        }
        for prediction in expected
    ]
    assert [each.get("abstention") for each in answer["predictions"][1:3]] == ["no_opinion", "language"]
    assert "abstention" not in answer["predictions"][0]
    assert len({tuple(each["star_probabilities"]) for each in answer["predictions"]}) == len(set(TEXTS))


def test_explained_texts_have_a_number_a_code_point(real: Server) -> None:
    response = predict(real, TEXTS, explain=True)
    predictions = response.json()["predictions"]
    assert [len(prediction["contributions"]) for prediction in predictions] == [len(text) for text in TEXTS]
    PredictResponse.model_validate_json(response.content, strict=True)


def test_words_have_their_place_and_what_they_contribute(real: Server) -> None:
    by_character = predict(real, TEXTS, explain=True).json()["predictions"]
    response = predict(real, TEXTS, explain="words")
    for text, characters, words in zip(TEXTS, by_character, response.json()["predictions"], strict=True):
        assert [text[start:end] for start, end, _ in words["words"]] == text.split()
        for start, end, contribution in words["words"]:
            assert contribution == pytest.approx(sum(characters["contributions"][start:end]), rel=2e-3, abs=1e-3)
    PredictResponse.model_validate_json(response.content)


def test_a_text_that_cannot_be_scored_fails_alone(real: Server) -> None:
    body = json.dumps({"texts": ["fine", "x" * 20_001, "\ud83d", "x" * 20_000]})
    response = real.http.post("/v1/predict", content=body, timeout=20)
    assert response.status_code == 200
    fine, long, invalid, longest = response.json()["predictions"]
    assert long == {"error": {"code": "too_long", "message": "the text has 20001 characters; 20000 are allowed"}}
    assert invalid["error"]["code"] == "invalid"
    assert [fine, longest] == predict(real, ["fine", "x" * 20_000]).json()["predictions"]
    PredictResponse.model_validate_json(response.content, strict=True)


def test_a_thousand_texts_are_one_request(real: Server) -> None:
    texts = [f"text {number}" for number in range(1000)]
    assert len(predict(real, texts).json()["predictions"]) == 1000
    response = predict(real, [*texts, "one more"])
    assert response.status_code == 413
    assert "1001 texts" in response.json()["detail"]


def test_no_texts_have_no_predictions(real: Server) -> None:
    response = predict(real, [])
    assert (response.status_code, response.json()["predictions"]) == (200, [])


@pytest.mark.parametrize("body", [b"", b"{", b'{"texts": "one"}', b'{"texts": [1]}', b'{"texts": [], "explain": 1}'])
def test_a_malformed_request_is_a_problem_that_names_the_field(real: Server, body: bytes) -> None:
    response = real.http.post("/v1/predict", content=body, headers={"X-Request-ID": "mine"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    ProblemDetails.model_validate(problem, strict=True)
    assert problem["request_id"] == response.headers["X-Request-ID"] == "mine"
    assert problem["detail"] == problem["errors"][0]["message"]
    assert problem["detail"].startswith(problem["errors"][0]["field"])


def test_another_method_is_refused_as_a_problem(real: Server) -> None:
    response = real.http.get("/v1/predict")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    ProblemDetails.model_validate(response.json(), strict=True)


def test_the_documentation_shows_the_routes_and_their_answers(real: Server) -> None:
    document = real.http.get("/v1/openapi.json").json()
    operation = document["paths"]["/v1/predict"]["post"]
    assert set(operation["responses"]) == {"200", "404", "408", "413", "422", "429", "503", "504"}
    referred = set(_references(document))
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} == referred


def test_the_page_shows_both_doors_and_loads_nothing_from_elsewhere(real: Server) -> None:
    answer = real.http.get("/")
    page = answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "//" not in page.replace("<!doctype", "")
    files = re.findall(r'(?:src|href|url)(?:=|: )"([^"]+)"', page)
    assert {"v1/openapi.json", "docs.json"} < set(files)
    for file in files:
        assert real.http.get(f"/{file}").status_code == 200, file
    assert "/predict" in real.http.get("/docs.json").json()["paths"]


def _references(document: object) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if "$ref" in document else []
        return own + [reference for value in document.values() for reference in _references(value)]
    if isinstance(document, list):
        return [reference for value in document for reference in _references(value)]
    return []


def test_a_request_id_is_taken_or_made_and_logged(real: Server) -> None:
    given = real.http.post("/v1/predict", content=b"", headers={"X-Request-ID": "find-me"})
    assert given.headers["X-Request-ID"] == "find-me"
    while "find-me" not in real.log:  # written when the answer is on its way
        time.sleep(0.01)
    lines = [json.loads(line) for line in real.log.splitlines() if "find-me" in line]
    assert [(line["service"], line["route"], line["status"]) for line in lines] == [("sentiment", "/v1/predict", 422)]
    assert predict(real, []).headers["X-Request-ID"] != predict(real, []).headers["X-Request-ID"]


def test_every_log_line_is_json_and_names_the_model_once(real: Server) -> None:
    predict(real, TEXTS)
    worker = [line for line in real.log.splitlines() if not line.startswith("20")]
    lines = [json.loads(line) for line in worker]
    assert [line["model_version"] for line in lines if line["event"] == "ready"] == ["0.1.2"]
    assert not [line for line in lines if line.get("status") == 200], "a success is not worth a line"
