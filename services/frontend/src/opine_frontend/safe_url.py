from urllib.parse import urlsplit


def safe_website(url: str | None) -> str | None:
    """A link to follow, or None: brands are data, and `javascript:` is a URL too."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None
