"""`python -m opine_local.reviews`: the reviews API, after its schema and its brands are brought up to date.

All in one process, with gunicorn's arguments: importing SQLAlchemy a second time would take longer than the work.
"""

import sys

from gunicorn.app.wsgiapp import run
from opine_reviews.cli import main

if __name__ == "__main__":
    failed = main(["migrate"]) or main(["seed-brands"])
    if failed:
        sys.exit(failed)
    run()
