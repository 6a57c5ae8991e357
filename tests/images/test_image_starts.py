"""Each image starts as a restricted pod would start it: read-only, as a fixed user, without capabilities."""

import json
from collections.abc import Callable, Mapping

from contained.container import Container

Start = Callable[[str, Mapping[str, str]], Container]
# A database that is not there.
REVIEWS = {
    "OPINE_REVIEWS_DATABASE_URL": "postgresql+psycopg2://127.0.0.1:1/opine",
    "OPINE_REVIEWS_CLIENT_HASH_KEY": "0123456789abcdef0123456789abcdef",
}
POST = """
import json, sys, urllib.request
body = json.dumps({"texts": ["Great shop, friendly people."]}).encode()
sys.stdout.write(urllib.request.urlopen("http://127.0.0.1:3000/v1/predict", body, timeout=10).read().decode())
"""
WRITES = """
import os, sys
for path in ("/opt/opine/x", "/x", "/usr/x"):
    try:
        open(path, "w")
        sys.exit(f"{path} was written")
    except OSError as error:
        if "Read-only" not in error.strerror:
            sys.exit(f"{path}: {error}")
status = open("/proc/self/status").read()
sys.exit(None if "CapEff:\\t0000000000000000" in status and os.getuid() == 10001 else status)
"""


def test_sentiment(start: Start) -> None:
    container = start("sentiment", {})
    container.until_answers("http://127.0.0.1:3000/readyz")
    done = container.python(POST)
    assert json.loads(done.stdout)["predictions"][0]["label"] == "good", done.stderr
    assert container.python(WRITES).returncode == 0
    container.stop()


def test_reviews_lives_without_its_database_and_is_not_ready(start: Start) -> None:
    container = start("reviews", REVIEWS)
    container.until_answers("http://127.0.0.1:5000/livez")
    container.until_answers("http://127.0.0.1:5000/readyz", status=503)
    container.until_answers("http://127.0.0.1:5000/metrics")
    assert container.python(WRITES).returncode == 0
    assert container.stop() == 0


def test_frontend(start: Start) -> None:
    container = start("frontend", {"OPINE_FRONTEND_REVIEWS_URL": "http://127.0.0.1:1"})
    container.until_answers("http://127.0.0.1:8050/readyz")
    assert "<html" in container.until_answers("http://127.0.0.1:8050/").lower()
    assert container.python(WRITES).returncode == 0
    assert container.stop() == 0


def test_the_writing_check_finds_a_folder_that_can_be_written(start: Start) -> None:
    container = start("frontend", {})
    container.until_answers("http://127.0.0.1:8050/livez")
    assert container.python(WRITES.replace("/opt/opine/x", "/tmp/x")).returncode  # noqa: S108  the container's
