from __future__ import annotations


def require_shares(config: object, *names: str) -> None:
    """Raises ValueError where a field is not in [0, 1]."""
    for name in names:
        value = getattr(config, name)
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in [0, 1], got {value}")


def require_positive(config: object, *names: str) -> None:
    """Raises ValueError where a field is not above 0."""
    for name in names:
        value = getattr(config, name)
        if value <= 0:
            raise ValueError(f"{name} must be above 0, got {value}")
