"""`opine-reviews`: the commands of operation."""

import argparse
import datetime as dt
import logging
import math
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from opine_common.logs import configure_logging
from opine_common.prediction import PredictionAnswer
from opine_common.problems import Problem
from opine_common.readiness import wait_until_ready
from opine_common.settings import read_settings_or_exit
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from opine_reviews.brands_file import BrandsFileError, read_brands, upsert_brands
from opine_reviews.database import make_tool_engine
from opine_reviews.demo import demo_reviews, fill, is_filled, remove
from opine_reviews.drift.measuring import BEFORE, NOW, Times, is_measured, last_night, measure
from opine_reviews.migration import upgrade
from opine_reviews.moderation import forget
from opine_reviews.predictions import PredictionSigner, SentimentClient
from opine_reviews.privacy import delete_scraped_reviews, forget_clients
from opine_reviews.reading import ReviewReader
from opine_reviews.roles import RoleError, grant_roles
from opine_reviews.schema import Awaited, wait_for_database
from opine_reviews.schemas.drift import DriftReport
from opine_reviews.sentiment_bulk import ReadingError
from opine_reviews.settings import CommandSettings

logger = logging.getLogger(__name__)

# Rows a transaction: short locks, and a stop loses little.
_BATCH = 5000
_PAUSE_S = 1.0
# More than a database with the schema and the shipped brands, less than one with reviews.
_NEW_BYTES = 32 * 1024**2
_MAY_CHECKPOINT = text("""
    SELECT pg_database_size(current_database()) < :bytes
       AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'USAGE'))
""")


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    settings = read_settings_or_exit(CommandSettings, "opine-reviews")
    configure_logging("reviews", json=settings.log_json)
    engine = make_tool_engine(settings)
    try:
        match options.command:
            case "migrate":
                _migrate(engine, settings)
            case "seed-brands":
                _seed(engine, options.file)
            case "read":
                _read(engine, settings, options.every)
            case "drift":
                _measure_drift(engine, settings, options.days, options.before)
            case "demo":
                _demo(engine, settings, options.action, options.seconds)
            case "wait":
                roles = (settings.scraping_role, settings.analysis_role, settings.reading_role)
                wait_for_database(engine, options.awaited, options.seconds, [role for role in roles if role])
            case _:
                _retain(engine, options.days, settings.scraped_retention_days)
    except (DBAPIError, BrandsFileError, ReadingError, RoleError, TimeoutError) as error:
        logger.error("command failed", extra={"command": options.command, "error": str(error).splitlines()[0]})  # noqa: TRY400  an operator needs the cause, not our call stack
        return 1
    finally:
        engine.dispose()
    return 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opine-reviews", description="Operate the review API's database.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema and the roles' rights up to date")
    seed = commands.add_parser("seed-brands", help="add and update brands from a list")
    seed.add_argument("--file", type=Path, help="CSV with slug,name,website,sector (default: the shipped list)")
    read = commands.add_parser("read", help="find what reviews praise and complain of, in those not read yet")
    read.add_argument("--every", type=_seconds, help="go on, with so many seconds between two looks")
    drift = commands.add_parser(
        "drift", help="measure now which words are misread or have turned; `read` does it every night"
    )
    drift.add_argument("--days", type=_length, default=NOW, help="length of the time that is judged (default: 7)")
    drift.add_argument(
        "--before", type=_length, default=BEFORE, help="days before it that it is compared with (default: 28)"
    )
    wait = commands.add_parser(
        "wait",
        help="wait for PostgreSQL, or also for the roles of the settings, or for the schema that this code needs",
    )
    wait.add_argument("awaited", choices=get_args(Awaited))
    wait.add_argument("--seconds", type=_seconds, required=True, help="after which it gives up")
    retain = commands.add_parser(
        "retain", help="erase client hashes and user agents of older reviews; delete scraped reviews read long ago"
    )
    retain.add_argument("--days", type=_days, required=True, help="age in days from which they are erased")
    demo = commands.add_parser("demo", help="add invented brands with invented reviews, or remove exactly these")
    demo.add_argument("action", choices=("fill", "remove"))
    demo.add_argument(
        "--seconds",
        type=_seconds,
        default=0.0,
        help="how long to wait for the sentiment service; without it the reviews have no predictions (default: 0)",
    )
    return parser


def _days(text: str) -> int:
    days = int(text)
    if not 0 <= days <= 36_500:  # noqa: PLR2004  a century
        raise argparse.ArgumentTypeError("must be from 0 to 36500")
    return days


def _length(text: str) -> dt.timedelta:
    days = float(text)
    if not 0 < days <= 3650:  # noqa: PLR2004  ten years
        raise argparse.ArgumentTypeError("must be a number of days above 0, at most 3650")
    return dt.timedelta(days=days)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError("must be a number from 0")
    return seconds


def _migrate(engine: Engine, settings: CommandSettings) -> None:
    if not upgrade(engine):
        # The rights are the newer code's, too.
        return
    logger.info("schema is up to date")
    granted = grant_roles(
        engine, scraping=settings.scraping_role, analysis=settings.analysis_role, reading=settings.reading_role
    )
    logger.info("roles are up to date", extra={"granted": granted})
    _checkpoint_if_new(engine)


def _seed(engine: Engine, path: Path | None) -> None:
    rows = read_brands(path)
    with Session(engine) as session, session.begin():
        upsert_brands(session, rows)
    logger.info("brands are up to date", extra={"listed": len(rows)})
    _checkpoint_if_new(engine)


def _checkpoint_if_new(engine: Engine) -> None:
    """Where this role may: a replica is copied after a checkpoint, which PostgreSQL draws out unless it is asked for.

    Not in a database that is in use, whose disk it would keep busy.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.scalar(_MAY_CHECKPOINT, {"bytes": _NEW_BYTES}):
            connection.exec_driver_sql("CHECKPOINT")


def _read(engine: Engine, settings: CommandSettings, every_s: float | None) -> None:
    reader = ReviewReader(engine, settings)
    if every_s is None:
        logger.info("reviews read", extra={"reviews": reader.read_all()})
        _measure_nightly(engine, settings)
        return
    while True:
        # Whatever is away comes back; until then every look fails alike.
        try:
            if read := reader.read_all():
                logger.info("reviews read", extra={"reviews": read})
            _measure_nightly(engine, settings)
        except (DBAPIError, ReadingError) as error:
            logger.warning("reviews are read later", extra={"error": str(error).splitlines()[0]})
        time.sleep(every_s)


def _measure_nightly(engine: Engine, settings: CommandSettings) -> None:
    times = last_night(dt.datetime.now(dt.UTC))
    if not is_measured(engine, times):
        _told(measure(engine, settings, times))


def _measure_drift(engine: Engine, settings: CommandSettings, now: dt.timedelta, before: dt.timedelta) -> None:
    until = dt.datetime.now(dt.UTC)
    _told(measure(engine, settings, Times(until - now - before, until - now, until)))


def _told(report: DriftReport) -> None:
    logger.info(
        "drift measured",
        extra={
            "drifted": report.drifted,
            "reasons": [reason.said for reason in report.reasons],
            "reviews": sum(one.reviews_now + one.reviews_before for one in report.figures),
        },
    )


def _retain(engine: Engine, days: int, scraped_days: int) -> None:
    now = dt.datetime.now(dt.UTC)
    before = now - dt.timedelta(days=days)
    with Session(engine) as session, session.begin():
        forget(session, before, now)
    logger.info(
        "clients forgotten",
        extra={"reviews": _in_batches(engine, forget_clients, before), "before": before.isoformat()},
    )
    if scraped_days:
        read_before = now - dt.timedelta(days=scraped_days)
        deleted = _in_batches(engine, delete_scraped_reviews, read_before)
        logger.info("scraped reviews deleted", extra={"reviews": deleted, "read_before": read_before.isoformat()})


def _demo(engine: Engine, settings: CommandSettings, action: Literal["fill", "remove"], seconds: float) -> None:
    with Session(engine) as session, session.begin():
        if action == "remove":
            removed = remove(session)
            logger.info(
                "demo removed",
                extra={"reviews": removed.reviews, "brands": removed.brands, "kept_brands": removed.kept},
            )
            return
        reviews = [] if is_filled(session) else demo_reviews(dt.datetime.now(dt.UTC))
    # Asked outside a transaction: it takes seconds.
    predictions = _predict(settings, [review.text for review in reviews], seconds)
    with Session(engine) as session, session.begin():
        added = fill(session, reviews, predictions)
    logger.info("demo filled", extra={"reviews": added, "predictions": len(predictions)})


def _predict(settings: CommandSettings, texts: Sequence[str], seconds: float) -> dict[str, PredictionAnswer]:
    """What the model says of the texts; of none if it is away."""
    # Nobody checks the signature of what is stored here.
    client = SentimentClient(settings, PredictionSigner([secrets.token_hex()]))
    found: dict[str, PredictionAnswer] = {}

    def missing() -> str | None:
        try:
            for text in texts[len(found) :]:
                found[text] = client.predict(text, explain=False)
        except Problem as error:
            return str(error)
        return None

    try:
        wait_until_ready(missing, timeout_s=seconds, pause_s=_PAUSE_S)
    except TimeoutError as error:
        logger.warning(
            "demo without predictions", extra={"reason": str(error), "predicted": len(found), "of": len(texts)}
        )
    return found


def _in_batches(engine: Engine, step: Callable[[Session, dt.datetime, int], int], before: dt.datetime) -> int:
    total = 0
    while True:
        with Session(engine) as session, session.begin():
            batch = step(session, before, _BATCH)
        total += batch
        if batch < _BATCH:
            return total
