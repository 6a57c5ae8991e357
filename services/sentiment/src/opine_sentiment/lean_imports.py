"""Import it before structlog.

structlog imports rich where it is installed, for coloured tracebacks that are never printed here: a fifth of the start.
"""

import sys

sys.modules["rich"] = None  # type: ignore[assignment]  # which makes importing it fail
