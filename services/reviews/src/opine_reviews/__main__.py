"""`python -m opine_reviews`, the same as `opine-reviews`."""

import sys

from opine_reviews.cli import main

sys.exit(main())
