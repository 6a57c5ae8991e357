import sys

from opine_learning.cli import main

sys.exit(main())
