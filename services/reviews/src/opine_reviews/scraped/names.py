_KNOWN = {"trustpilot": "Trustpilot"}


def source_name(source: str) -> str:
    """A source as people call it; one that is not known here by its own name, which is in lower case."""
    return _KNOWN.get(source) or source.replace("-", " ").capitalize()
