"""`opine-reviews read`: what is read, once, whatever happens meanwhile."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from opine_reviews.reading import ReviewReader
from opine_reviews.sentiment_bulk import ReadingError
from opine_reviews.settings import Settings
from sqlalchemy import Engine, text

from tests.support.fake_sentiment import MODEL, FakeSentiment
from tests.support.reviews.rows import NOON, add_reviews
from tests.support.sentiment.server import Launcher

Start = Callable[..., subprocess.Popen[str]]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def reader(engine: Engine, settings: Settings, sentiment: FakeSentiment) -> ReviewReader:  # noqa: ARG001  well
    return ReviewReader(engine, settings)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path_factory.mktemp("sentiment"))
    yield launcher
    launcher.close()


def stored(engine: Engine) -> dict[int, dict[str, float]]:
    """The terms of each review that was read."""
    # One snapshot, for they are two questions and a reader may write between them.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        read = dict.fromkeys(connection.scalars(text("SELECT review_id FROM review_reading")))
        found: dict[int, dict[str, float]] = {review_id: {} for review_id in read}
        for review_id, term, pull in connection.execute(text("SELECT review_id, term, pull FROM review_term")):
            found[review_id][term] = round(pull, 3)
    return found


def repeated(engine: Engine) -> set[tuple[int, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT review_id, term FROM review_term WHERE repeated"))
        return {(review_id, term) for review_id, term in rows}


def test_the_real_model_finds_what_is_praised_and_complained_of(
    engine: Engine, settings: Settings, launcher: Launcher
) -> None:
    server = launcher.launch("opine_sentiment.service:Sentiment", model_dir=None)
    server.until("/readyz", 200)
    texts = ["Friendly staff, great coffee!", "Rude staff. I waited two hours\r\nand my refund never arrived 😡", "ok"]
    good, bad, neither = add_reviews(engine, [{"text": one} for one in texts])
    reader = ReviewReader(engine, settings.model_copy(update={"sentiment_url": server.url}))
    assert reader.read_all() == 3
    found = stored(engine)
    assert found[good]["great coffee"] == pytest.approx(found[good]["great"] + found[good]["coffee"], abs=2e-3)
    assert found[good]["friendly staff"] > 0.5
    assert found[bad]["rude"] < -0.5
    assert "refund" in found[bad]
    assert found[neither] == {}
    with engine.connect() as connection:
        (digest,) = connection.scalars(text("SELECT DISTINCT model_digest FROM review_reading"))
    assert len(digest) == 64


def test_a_review_is_read_once(engine: Engine, reader: ReviewReader, sentiment: FakeSentiment) -> None:
    (review_id,) = add_reviews(engine, [{"text": "Slow delivery"}])
    assert reader.read_all() == 1
    before = stored(engine)
    assert before == {review_id: {"slow": -0.8, "delivery": 0.31, "slow delivery": -0.49}}
    assert reader.read_all() == 0
    assert stored(engine) == before
    assert len(sentiment.requests) == 1
    with engine.connect() as connection:
        row = connection.execute(text("SELECT brand_slug, written_on, model_digest FROM review_reading")).one()
    assert tuple(row) == ("nike", NOON.date(), MODEL["digest"])


def test_what_cannot_be_judged_has_no_terms(engine: Engine, reader: ReviewReader) -> None:
    foreign, own = add_reviews(engine, [{"text": "Lieferung schlecht"}, {"text": "Slow"}])
    assert reader.read_all() == 2
    assert stored(engine) == {foreign: {}, own: {"slow": -0.8}}


def test_many_are_read_newest_first_in_requests_of_a_bounded_size(
    engine: Engine, reader: ReviewReader, sentiment: FakeSentiment
) -> None:
    add_reviews(engine, [{"text": f"review {number}"} for number in range(430)])
    (long_one,) = add_reviews(engine, [{"text": "word " * 3999}])
    assert reader.read_all() == 431
    sizes = [[len(line["text"]) for line in request["lines"]] for request in sentiment.requests]
    assert [line["text"] for line in sentiment.requests[0]["lines"]][1:4] == ["review 429", "review 428", "review 427"]
    assert max(len(size) for size in sizes) == 100
    assert max(sum(size) for size in sizes) <= 40_000
    assert stored(engine)[long_one] == {
        "word": pytest.approx(3999 * 0.31, rel=1e-4),
        "word word": pytest.approx(3998 * 0.62, rel=1e-4),
    }


def test_a_text_that_cannot_be_scored_stands_in_nobodys_way(
    engine: Engine, reader: ReviewReader, sentiment: FakeSentiment
) -> None:
    good, broken, unscorable, last = add_reviews(
        engine, [{"text": one} for one in ("good", "breaks the engine", "too long", "late")]
    )
    assert reader.read_all() == 3
    assert stored(engine) == {good: {"good": 0.31}, unscorable: {}, last: {"late": -0.8}}
    assert reader.read_all() == 0
    assert [line["text"] for line in sentiment.requests[-1]["lines"]] == ["breaks the engine"]
    assert broken not in stored(engine)


@pytest.mark.parametrize("mode", ["closed", "busy", "broken", "unready", "garbage"])
def test_without_an_answer_they_stay_for_the_next_run(
    engine: Engine, reader: ReviewReader, sentiment: FakeSentiment, mode: str
) -> None:
    add_reviews(engine, [{"text": "good"}])
    sentiment.mode = mode
    with pytest.raises(ReadingError, match="sentiment service"):
        reader.read_all()
    assert stored(engine) == {}
    sentiment.mode = "ok"
    assert reader.read_all() == 1


def test_a_service_that_is_away_is_not_asked_for_each(
    engine: Engine, reader: ReviewReader, sentiment: FakeSentiment
) -> None:
    add_reviews(engine, [{"text": "good"}] * 900)
    sentiment.mode = "unready"
    with pytest.raises(ReadingError, match="503"):
        reader.read_all()
    assert len(sentiment.requests) == 3


def test_two_runs_at_once_read_each_review_once(
    engine: Engine,
    settings: Settings,
    sentiment: FakeSentiment,  # noqa: ARG001  well
) -> None:
    add_reviews(engine, [{"text": "Slow delivery"}] * 500)
    counts: list[int] = []
    runs = [threading.Thread(target=lambda: counts.append(ReviewReader(engine, settings).read_all())) for _ in "ab"]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert sum(counts) == len(stored(engine)) == 500


def test_a_review_that_is_deleted_while_the_model_reads_is_skipped(
    engine: Engine, reader: ReviewReader, sentiment: FakeSentiment
) -> None:
    gone, stays = add_reviews(engine, [{"text": "good"}, {"text": "late"}])

    def delete() -> None:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM review WHERE id = :id"), {"id": gone})

    sentiment.meanwhile = delete
    assert reader.read_all() == 1
    assert list(stored(engine)) == [stays]
    assert len(sentiment.requests) == 1


def test_a_review_that_is_being_deleted_is_left_alone(engine: Engine, reader: ReviewReader) -> None:
    goes, stays = add_reviews(engine, [{"text": "good"}, {"text": "late"}])
    with engine.connect() as deleting:
        deleting.execute(text("DELETE FROM review WHERE id = :id"), {"id": goes})
        assert reader.read_all() == 1
        assert list(stored(engine)) == [stays]
        deleting.rollback()
    assert reader.read_all() == 1


def test_who_deletes_more_never_waits_for_a_reader_that_waits(engine: Engine, reader: ReviewReader) -> None:
    goes, goes_too = add_reviews(engine, [{"text": "good"}, {"text": "late"}])
    delete = text("DELETE FROM review WHERE id = :id")
    with engine.connect() as deleting, engine.connect() as watching:
        deleting.execute(delete, {"id": goes})
        run = threading.Thread(target=reader.read_all)
        run.start()
        until(lambda: watching.scalar(text("SELECT exists(SELECT FROM pg_locks WHERE NOT granted)")) is True)
        # The newest was read first. Each waiting for the other would be a deadlock, and the reader not always ends it.
        deleting.execute(text("SET LOCAL lock_timeout = '100ms'"))
        deleting.execute(delete, {"id": goes_too})
        deleting.commit()
        run.join()
    assert stored(engine) == {}


def test_a_hidden_review_says_nothing_until_it_is_restored(
    engine: Engine, reader: ReviewReader, client: FlaskClient, admin: dict[str, str]
) -> None:
    (review_id,) = add_reviews(engine, [{"text": "Slow delivery"}])
    reader.read_all()
    before = stored(engine)
    for action in ("hide", "restore", "delete"):
        body = {"action": action, "kind": "review", "target": str(review_id), "actor": "Ada"}
        assert client.post("/api/v1/moderation", json=body, headers=admin).status_code == 204
        assert stored(engine) == {}
        if action == "restore":
            assert reader.read_all() == 1
            assert stored(engine) == before
    assert reader.read_all() == 0


def test_what_a_client_says_again_that_day_is_marked(engine: Engine, reader: ReviewReader) -> None:
    own, other = {"client_hash": b"a"}, {"client_hash": b"b"}
    ids = add_reviews(
        engine,
        [
            {"text": "slow", **own},
            {"text": "slow coffee", **own},
            {"text": "slow", **other},
            {"text": "slow", **own, "brand_slug": "zara"},
            {"text": "slow"},
            {"text": "slow"},
        ],
    )
    assert reader.read_all() == 6
    # The newest is read first.
    assert repeated(engine) == {(ids[0], "slow")}
    (later,) = add_reviews(engine, [{"text": "coffee", **own}])
    assert reader.read_all() == 1
    assert repeated(engine) == {(ids[0], "slow"), (later, "coffee")}


def test_the_command_says_how_many(engine: Engine, run: Run, sentiment: FakeSentiment) -> None:
    add_reviews(engine, [{"text": "good"}] * 2)
    done = run("read", sentiment_url=sentiment.url, log_json="false")
    assert done.returncode == 0, done.stdout
    assert "reviews=2" in done.stdout
    sentiment.mode = "unready"
    add_reviews(engine, [{"text": "good"}])
    failed = run("read", sentiment_url=sentiment.url)
    assert failed.returncode == 1
    assert "status 503" in failed.stdout


def test_the_loop_goes_on_after_the_service_was_away(engine: Engine, start: Start, sentiment: FakeSentiment) -> None:
    sentiment.mode = "unready"
    (review_id,) = add_reviews(engine, [{"text": "good"}])
    with start("read", "--every", "0.05", sentiment_url=sentiment.url) as process:
        try:
            until(lambda: len(sentiment.requests) > 1)
            sentiment.mode = "ok"
            until(lambda: review_id in stored(engine))
        finally:
            process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate()
    assert "reviews are read later" in stdout
    assert process.returncode in (0, -signal.SIGTERM)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
