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


def site_name(url: str) -> str:
    """The host of a web address as people write it."""
    return urlsplit(url).netloc.rpartition("@")[2].removeprefix("www.")
