"""Where the model lies that comes with this package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped_model_dir(package: Path = _PACKAGE) -> Path:
    """The `model` folder in the package (a wheel), beside it (a Bento) or beside `src` (a checkout)."""
    candidates = [package / "model", package.parent / "model", package.parent.parent / "model"]
    return next((folder for folder in candidates if folder.is_dir()), candidates[-1])
