class Refusal(Exception):  # noqa: N818  not a fault of the program: what the person should know and do
    """Opine cannot start or go on. The message is one sentence that says what to do."""


def reason(error: OSError) -> str:
    """What the operating system says, without the number and the path."""
    return (error.strerror or str(error)).lower()
