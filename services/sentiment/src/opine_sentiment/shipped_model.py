"""Where the model lies that comes with this package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped_model_dir(package: Path = _PACKAGE) -> Path:
    """The `model` folder beside the package (a Bento) or beside `src` (a checkout); a wheel brings none."""
    in_bento, in_checkout = package.parent / "model", package.parent.parent / "model"
    return in_bento if in_bento.is_dir() else in_checkout
