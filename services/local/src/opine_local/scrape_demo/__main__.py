import sys

from opine_local.scrape_demo.command import main

if __name__ == "__main__":
    sys.exit(main())
