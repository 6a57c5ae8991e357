"""Each image starts as a restricted pod would start it: read-only, as a fixed user, without capabilities."""

import json
import re
from collections.abc import Callable

from tests.support import ROOT
from tests.support.containers.container import Container

Start = Callable[..., Container]
DEMO_SITE = ROOT / "scraping/demo_site/src"
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


def test_the_cuda_variant_computes_by_pytorch_also_without_a_gpu(start: Start) -> None:
    container = start("sentiment cuda", {"OPINE_SENTIMENT_ENGINE": "torch"})
    container.until_answers("http://127.0.0.1:3000/readyz")
    done = container.python(POST)
    assert json.loads(done.stdout)["predictions"][0]["label"] == "good", done.stderr
    assert re.search(r'model_info{.*engine="torch".*}', container.until_answers("http://127.0.0.1:3000/metrics"))
    assert container.python(WRITES).returncode == 0


def test_without_the_gpu_that_it_requires_it_ends_and_says_why(start: Start) -> None:
    container = start("sentiment cuda", {"OPINE_SENTIMENT_ENGINE": "torch", "OPINE_SENTIMENT_DEVICE": "cuda"})
    assert container.until_ended() != 0
    assert "no GPU is visible" in container.output


def test_reviews_lives_without_its_database_and_predicts(start: Start) -> None:
    container = start("reviews", REVIEWS)
    container.until_answers("http://127.0.0.1:5000/livez")
    container.until_answers("http://127.0.0.1:5001/readyz")
    container.until_answers("http://127.0.0.1:5001/metrics")
    container.until_answers("http://127.0.0.1:5000/metrics", status=404)
    assert container.python(WRITES).returncode == 0
    assert container.stop() == 0


def test_frontend(start: Start) -> None:
    container = start("frontend", {"OPINE_FRONTEND_REVIEWS_URL": "http://127.0.0.1:1"})
    container.until_answers("http://127.0.0.1:8050/readyz")
    assert "<html" in container.until_answers("http://127.0.0.1:8050/").lower()
    assert container.python(WRITES).returncode == 0
    assert container.stop() == 0


def test_learning_says_that_nobody_answers(start: Start) -> None:
    settings = {"OPINE_LEARNING_REVIEWS_URL": "http://127.0.0.1:1", "OPINE_LEARNING_REGISTRY_TOKEN": "of this test"}
    container = start("learning", settings, command=("opine-learning", "run", "--every", "60"))
    assert container.run("opine-learning", "step").returncode == 1
    assert container.run("python", "-c", "import opine_learning.kubernetes_events").returncode == 0
    assert container.python(WRITES).returncode == 0
    assert container.stop() == 0


def test_scraping_drives_chromium_over_a_site(start: Start) -> None:
    settings = {
        "OPINE_SCRAPING_BROWSER_SANDBOX": "false",
        "OPINE_SCRAPING_STATE_DIR": "/tmp/state",  # noqa: S108  the container's
        "OPINE_SCRAPING_THROTTLE": "false",
        "PYTHONPATH": "/demo",
    }
    # The image has no demo site: it is brought in.
    serve = ("python", "-m", "opine_demo_site", "--companies", "1", "--reviews", "3")
    container = start("scraping", settings, command=serve, folders={"/demo": DEMO_SITE})
    site = "http://127.0.0.1:8060"
    container.until_answers(f"{site}/robots.txt")
    scraping = ("python", "-m", "opine_scraping")
    done = container.run(*scraping, "discover", "--site", site, "--max-pages", "1")
    assert done.returncode == 0, done.stderr
    companies = "/tmp/state/output/companies.csv"  # noqa: S108  the container's
    found = container.python(f"print(open('{companies}').read())")
    assert "example" in found.stdout, found.stderr
    assert container.python(WRITES).returncode == 0


def test_the_writing_check_finds_a_folder_that_can_be_written(start: Start) -> None:
    container = start("frontend", {})
    container.until_answers("http://127.0.0.1:8050/livez")
    assert container.python(WRITES.replace("/opt/opine/x", "/tmp/x")).returncode  # noqa: S108  the container's
