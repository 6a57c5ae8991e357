"""`make demo` beside an Opine that runs, with the model's own predictions."""

import subprocess
import sys
from pathlib import Path

from tests.service.local.test_local_run import fetch
from tests.support.local_run import StartLocal


def test_a_running_app_is_filled_and_freed_again(start_local: StartLocal, tmp_path: Path) -> None:
    run = start_local()
    run.until_ready()
    reviews = f"{run.url('reviews')}/api/v1/reviews"
    mine = fetch(reviews, {"brand": "lego", "text": "Lovely shop.", "stars": 5})

    def demo(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "opine_local.demo", *arguments],
            cwd=tmp_path,
            env=run.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert demo().endswith(f"The demo is filled: {run.url('frontend')}\n")
    newest = fetch(f"{reviews}?limit=100")["items"]
    assert newest[0] == mine
    assert all(review["demo"] and review["prediction"]["model"]["digest"] for review in newest[1:])
    assert fetch(f"{run.url('reviews')}/api/v1/rising-brands")["items"][0]["brand"]["slug"] == "tallow-street-bakery"
    assert demo("--remove").endswith(f"The demo is gone from {run.url('frontend')}.\n")
    assert fetch(reviews)["items"] == [mine]
