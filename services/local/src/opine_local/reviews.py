"""`python -m opine_local.reviews`: the reviews API, after its roles, schema and brands are brought up to date.

All in one process, with gunicorn's arguments: importing SQLAlchemy a second time would take longer than the work.
"""

import sys

from gunicorn.app.wsgiapp import run
from opine_reviews.cli import main
from opine_reviews.settings import get_settings

from opine_local.roles import make_roles
from opine_local.secrets_file import load_or_create
from opine_local.settings import local_settings

if __name__ == "__main__":
    make_roles(get_settings(), load_or_create(local_settings().secrets_path))
    failed = main(["migrate"]) or main(["seed-brands"])
    if failed:
        sys.exit(failed)
    run()
