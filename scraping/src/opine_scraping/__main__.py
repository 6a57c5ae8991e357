import sys

from opine_scraping.cli import main

sys.exit(main())
