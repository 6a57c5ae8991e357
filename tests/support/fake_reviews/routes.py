import csv
import io
import time
from collections import Counter
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.support.fake_reviews.lexicon import predict
from tests.support.fake_reviews.listing import page, selected, summary, terms, weeks
from tests.support.fake_reviews.store import TOKEN, Store

_EXPORT_PARAMETERS = {"brand", "term", "stars", "label", "q", "since", "until", "sort", "order"}


def problem(status: int, title: str, detail: str = "", **more: object) -> Response:
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, "request_id": "fake"}
    answer = jsonify(told | more)
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    if status in {503, 504}:
        answer.headers["Retry-After"] = "1"
    return answer


def create_fake(store: Store) -> Flask:
    app = Flask("fake_reviews_api")

    @app.before_request
    def note() -> Response | None:
        store.calls.append(f"{request.method} {request.path}")
        return problem(503, "Service Unavailable") if request.path == store.knobs.broken_path else None

    _add_writes(app, store)
    _add_reads(app, store)
    _add_one_brand(app, store)
    _add_admin(app, store)
    _add_moderation(app, store)
    return app


def _add_writes(app: Flask, store: Store) -> None:
    @app.post("/api/v1/predictions")
    def predictions() -> Response:
        body = request.get_json()
        store.predicted.append(body["text"])
        store.sessions.append(request.headers.get("X-Session-ID", ""))
        time.sleep(store.knobs.predict_delay_s(body["text"]))
        if store.knobs.sentiment_away:
            return problem(503, "Service Unavailable", "the sentiment service does not answer")
        if store.knobs.sentiment_late:
            return problem(504, "Gateway Timeout", "the prediction was not made in the time allowed")
        if body["explain"] != "words":
            return problem(422, "Unprocessable Content", errors=[{"field": "explain", "message": "not in this fake"}])
        return jsonify(predict(body["text"]))

    @app.post("/api/v1/reviews")
    def create() -> tuple[Response, int] | Response:
        body, key = request.get_json(), request.headers["Idempotency-Key"]
        store.attempts.append((key, body))
        refused = _refusal(store, key, body)
        if refused is not None:
            return refused
        saved = _save(store, key, body)
        if store.knobs.answer_lost_after_saving:
            return problem(502, "Bad Gateway")
        return jsonify(saved), 201


def _refusal(store: Store, key: str, body: dict[str, Any]) -> Response | None:
    if store.knobs.invalid:
        return problem(422, "Unprocessable Content", errors=[{"field": "text", "message": "is too short"}])
    if store.knobs.saving_refused:
        return problem(503, "Service Unavailable", "PostgreSQL is away")
    kept = store.keys.get(key)
    if kept is None:
        return None
    if (kept["brand"]["slug"], kept["text"], kept["stars"]) != (body["brand"], body["text"], body["stars"]):
        return problem(422, "Unprocessable Content", type="urn:opine:problem:idempotency-key-reused")
    return problem(409, "Conflict", type="urn:opine:problem:review-hidden") if kept in store.hidden else None


def _save(store: Store, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """The review that is kept under this key."""
    with store.lock:
        if key not in store.keys:
            shown = body["prediction"] and body["prediction"]["stars"]
            store.keys[key] = store.add_review(body["brand"], body["text"], body["stars"], shown=shown)
        return store.keys[key]


def _add_reads(app: Flask, store: Store) -> None:
    @app.get("/api/v1/reviews")
    def reviews() -> Response:
        return jsonify(page(selected(store.reviews, request.args), request.args))

    @app.get("/api/v1/brands")
    def brands() -> Response:
        wanted, sector = request.args.get("q", "").lower(), request.args.get("sector")
        found = [
            store.brand(brand["slug"])
            for brand in sorted(store.brands, key=lambda brand: brand["name"])
            if wanted in brand["name"].lower() and sector in {None, brand["sector"]}
        ]
        return jsonify(page(found, request.args))

    @app.get("/api/v1/sectors")
    def sectors() -> Response:
        counts = Counter(brand["sector"] for brand in store.brands)
        return jsonify(items=[{"sector": name, "brand_count": count} for name, count in sorted(counts.items())])

    @app.get("/api/v1/rising-brands")
    def rising_brands() -> Response:
        return jsonify(items=store.rising)

    @app.get("/api/v1/brands/random")
    def random_brand() -> Response:
        # The first that is allowed: a test can foresee it.
        return jsonify(next(store.brand(b["slug"]) for b in store.brands if b["slug"] != request.args.get("exclude")))

    @app.errorhandler(KeyError)
    def unknown(_error: KeyError) -> Response:
        return problem(404, "Not Found", "no brand has this slug")


def _add_one_brand(app: Flask, store: Store) -> None:
    @app.get("/api/v1/brands/<slug>")
    def brand(slug: str) -> Response:
        return jsonify(store.brand(slug))

    @app.get("/api/v1/brands/<slug>/summary")
    def brand_summary(slug: str) -> Response:
        return jsonify(summary(store.brand(slug), selected(store.reviews, {"brand": slug})))

    @app.get("/api/v1/brands/<slug>/terms")
    def brand_terms(slug: str) -> Response:
        store.brand(slug)
        return jsonify(terms(selected(store.reviews, {"brand": slug})))

    @app.get("/api/v1/brands/<slug>/trend")
    def brand_trend(slug: str) -> Response:
        return jsonify(weeks=weeks(selected(store.reviews, {"brand": store.brand(slug)["slug"]})))

    @app.get("/api/v1/scraped-reviews")
    def scraped_reviews() -> Response:
        found = [review for review in store.scraped if review["brand"]["slug"] == request.args["brand"]]
        return jsonify(page(found, request.args))


def _add_admin(app: Flask, store: Store) -> None:
    @app.delete("/api/v1/reviews/<int:review_id>")
    def delete(review_id: int) -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "Unauthorized")
        with store.lock:
            kept = [review for review in store.reviews if review["id"] != review_id]
            if len(kept) == len(store.reviews):
                return problem(404, "Not Found")
            store.reviews[:] = kept
        return Response(status=204)

    @app.get("/api/v1/scrape-runs")
    def scrape_runs() -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "Unauthorized")
        return jsonify(page(store.runs, request.args))

    @app.get("/api/v1/reviews.csv")
    def export() -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "Unauthorized")
        # An API of the version before this page's, which knows no `bom`.
        if unknown := request.args.keys() - _EXPORT_PARAMETERS:
            return problem(422, "Unprocessable Content", errors=[{"field": name, "message": ""} for name in unknown])
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(["id", "brand", "text", "stars"])
        for review in selected(store.reviews, request.args):
            writer.writerow([review["id"], review["brand"]["slug"], review["text"], review["stars"]])
        return Response(table.getvalue(), mimetype="text/csv")


def _add_moderation(app: Flask, store: Store) -> None:
    @app.get("/api/v1/admin-sessions/<session_id>")
    def session(session_id: str) -> Response:
        return jsonify(ended=session_id in store.ended_sessions)

    @app.delete("/api/v1/admin-sessions/<session_id>")
    def end_session(session_id: str) -> Response:
        store.ended_sessions.add(session_id)
        return Response(status=204)

    @app.post("/api/v1/reviews/<int:review_id>/report")
    def report(review_id: int) -> Response:
        store.reports.append((review_id, request.get_json()["reason"]))
        return Response(status=204)

    @app.get("/api/v1/moderation")
    def moderation() -> Response:
        found = [review for review in store.reviews if any(review["id"] == number for number, _ in store.reports)]
        reported = [
            {
                **_moderated(review),
                "reports": sum(number == review["id"] for number, _ in store.reports),
                "reasons": [reason for number, reason in store.reports if number == review["id"] and reason],
            }
            for review in found
        ]
        at = {"hidden_at": "2026-11-24T09:00:00Z"}
        hidden = [_moderated(review) | at for review in store.hidden]
        events = [event | {"reason": "", "created_at": at["hidden_at"]} for event in reversed(store.moderated)]
        return jsonify(reported=reported, hidden=hidden, unlisted_brands=store.unlisted, events=events)

    @app.post("/api/v1/moderation")
    def moderate() -> Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "Unauthorized")
        body = request.get_json()
        store.moderated.append(body)
        if body["kind"] == "brand":
            store.unlisted[:] = [brand for brand in store.unlisted if brand["slug"] != body["target"]]
        elif body["action"] == "hide":
            _move(int(body["target"]), store.reviews, store.hidden)
        elif body["action"] == "restore":
            _move(int(body["target"]), store.hidden, store.reviews)
        store.reports[:] = [told for told in store.reports if str(told[0]) != body["target"]]
        return Response(status=204)


def _moderated(review: dict[str, Any]) -> dict[str, Any]:
    return {"brand_slug": review["brand"]["slug"], **{name: review[name] for name in ("id", "text", "stars")}}


def _move(review_id: int, source: list[dict[str, Any]], target: list[dict[str, Any]]) -> None:
    for review in [review for review in source if review["id"] == review_id]:
        source.remove(review)
        target.append(review)
