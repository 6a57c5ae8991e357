import sys

from opine_local.cli import main

if __name__ == "__main__":
    sys.exit(main())
