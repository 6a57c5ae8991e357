"""An artefact that somebody sends, as the version that the registry keeps of it."""

import io
import math
import re
import tempfile
from pathlib import Path

from opine_common.text import require_storable

from opine_reviews.errors import invalid_field
from opine_reviews.models import ModelVersion

# A card is a page or two, and the admin page shows those of twenty versions.
_LONGEST_CARD_BYTES = 65_536
_LARGEST_WHOLE = 2**63 - 1
# As `model_version` keeps them.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


def read_artefact(packed: bytes, *, max_bytes: int, temp_dir: Path | None) -> ModelVersion:
    """A version as its artefact describes it, which is checked by the artefact's own rules.

    Raises:
        Problem: 422, it is no artefact, or describes itself by what cannot be kept.
    """
    # NumPy comes with it, which nothing else here needs.
    from charcnn.archive import unpack  # noqa: PLC0415
    from charcnn.artefact import CARD, MANIFEST, ArtefactError, artefact_digest  # noqa: PLC0415

    with tempfile.TemporaryDirectory(dir=temp_dir) as scratch:
        folder = Path(scratch) / "artefact"
        try:
            manifest = unpack(io.BytesIO(packed), folder, max_bytes=max_bytes)
        except ArtefactError as error:
            raise invalid_field(
                "body", str(error).replace(f"{folder}/", "").replace(str(folder), "the artefact")
            ) from None
        try:
            for name in (manifest.name, manifest.version):
                _require_plain(name)
            require_keepable([manifest.metrics, manifest.training])
        except ValueError as error:
            raise invalid_field("body", f"has a {MANIFEST} that {error}") from None
        try:
            card = _read_card(folder / CARD)
        except ValueError as error:
            raise invalid_field("body", f"has a {CARD} that {error}") from None
        fingerprint = manifest.training.get("data_sha256")
        return ModelVersion(
            digest=artefact_digest(folder, manifest),
            name=manifest.name,
            version=manifest.version,
            artefact=packed,
            artefact_bytes=len(packed),
            card=card,
            metrics=manifest.metrics,
            training=manifest.training,
            data_fingerprint=fingerprint if isinstance(fingerprint, str) else None,
        )


def _require_plain(name: str) -> None:
    if not _PLAIN.fullmatch(name):
        raise ValueError(
            f"names {name[:100]!r}; name and version have at most 64 letters, digits, dots, dashes, plus signs and "
            "underscores, and begin with a letter or a digit"
        )


def _read_card(file: Path) -> str:
    content = file.read_bytes() if file.exists() else b""
    if len(content) > _LONGEST_CARD_BYTES:
        raise ValueError(f"has {len(content)} bytes; a card may have {_LONGEST_CARD_BYTES}")
    try:
        card = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"is no UTF-8 at byte {error.start}; save it as UTF-8") from None
    require_storable(card)
    return card


def require_keepable(value: object) -> None:
    """Refuse what JSON can spell and PostgreSQL, or whoever calculates with it, cannot hold.

    Raises:
        ValueError: says what.
    """
    match value:
        case dict():
            for name, part in value.items():
                require_storable(name)
                require_keepable(part)
        case list():
            for part in value:
                require_keepable(part)
        case float() if not math.isfinite(value):
            raise ValueError(f"holds the number {value}, which no JSON can; leave it out")
        case int() if abs(value) > _LARGEST_WHOLE:
            raise ValueError("holds a whole number of more than 64 bits; write it as a text")
        case _:
            require_storable(value)
