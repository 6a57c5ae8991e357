"""Reviews stored a second through `POST /api/v1/reviews` by clients that send one after another.

Usage: python services/reviews/bench/submissions.py [--clients 16] [--seconds 10]

Each client keeps its connection and gives each review a text and an Idempotency-Key of its own. Once the reviews are
spread over all brands, once all are of one brand, whose counters are then shared by all clients. Starts and removes its
own PostgreSQL, with fsync on. Needs the packages opine-local and opine-reviews.
"""

import argparse
import http.client
import json
import random
import statistics
import threading
import time
import uuid

from opine_common.prediction import ModelVersion, StoredPrediction
from opine_local.ports import HOST
from opine_reviews.models import Brand, BrandMonth
from opine_reviews.predictions import PredictionSigner
from sqlalchemy import func, select
from stack import Stack, machine, running_stack, table

WARM_UP_S = 2.0
MODEL = ModelVersion(name="opine-charcnn", version="1.0.0")
PREDICTION = StoredPrediction(stars=4, score=0.81, label="good", model=MODEL)
TEXT = "Review {}. The parcel came a day early, everything was well packed, and the people on the phone were friendly."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    rows = []
    with running_stack() as stack:
        with stack.engine.connect() as connection:
            slugs = list(connection.scalars(select(Brand.slug)))
        for name, chosen in (("all brands", slugs), ("one brand", slugs[:1])):
            before = counted(stack)
            measured = [Client(stack, chosen, options.seconds) for _ in range(options.clients)]
            for client in measured:
                client.start()
            for client in measured:
                client.join()
            check(measured, counted(stack) - before)
            rows.append([name, *figures(measured, options.seconds)])
        print(machine(stack))
    print(f"{options.clients} clients, {options.seconds:g} s each after a warm-up of {WARM_UP_S:g} s\n")
    print(table(["reviews of", "stored a second", "p50 in ms", "p99 in ms"], rows))


class Client(threading.Thread):
    def __init__(self, stack: Stack, slugs: list[str], seconds: float) -> None:
        super().__init__()
        self.stored = 0
        self.times_ms: list[float] = []
        self._port = stack.port
        self._signer = PredictionSigner([stack.settings.client_hash_key.get_secret_value()])
        self._slugs = slugs
        self._seconds = seconds

    def run(self) -> None:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=30)
        begin = time.perf_counter() + WARM_UP_S
        while (started := time.perf_counter()) < begin + self._seconds:
            key = str(uuid.uuid4())
            text = TEXT.format(key)
            shown = {**PREDICTION.model_dump(), "signature": self._signer.sign(text, PREDICTION)}
            review = {"brand": random.choice(self._slugs), "text": text, "stars": 5, "prediction": shown}
            headers = {"Content-Type": "application/json", "Idempotency-Key": key}
            connection.request("POST", "/api/v1/reviews", json.dumps(review), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.CREATED:
                break
            self.stored += 1
            if started >= begin:
                self.times_ms.append((time.perf_counter() - started) * 1000)
        connection.close()


def check(clients: list[Client], counted_reviews: int) -> None:
    """The counters must have what the clients were told."""
    stored = sum(client.stored for client in clients)
    if counted_reviews != stored or not all(client.times_ms for client in clients):
        raise RuntimeError(f"{stored} reviews were answered 201 and {counted_reviews} are counted")


def counted(stack: Stack) -> int:
    with stack.engine.connect() as connection:
        return int(connection.scalar(select(func.coalesce(func.sum(BrandMonth.review_count), 0))) or 0)


def figures(clients: list[Client], seconds: float) -> list[str]:
    times_ms = [time_ms for client in clients for time_ms in client.times_ms]
    percentiles = statistics.quantiles(times_ms, n=100)
    return [f"{len(times_ms) / seconds:.0f}", f"{percentiles[49]:.0f}", f"{percentiles[98]:.0f}"]


if __name__ == "__main__":
    main()
