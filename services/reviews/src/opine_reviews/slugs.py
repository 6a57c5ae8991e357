import hashlib
import re
import unicodedata

from opine_reviews.schemas.requests import SLUG_PATTERN

MAX_LENGTH = 100


def is_slug(text: str) -> bool:
    return len(text) <= MAX_LENGTH and re.fullmatch(SLUG_PATTERN, text) is not None


def slugify(name: str) -> str:
    """Turn "L'Oréal Paris" into "l-oreal-paris". A name without Latin letters or digits gets a hash for a slug."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:MAX_LENGTH].strip("-")
    return slug or "brand-" + hashlib.sha256(name.encode()).hexdigest()[:12]
