"""Going back in a list whose API only knows the next page: the cursors that were used are kept."""


def moved(cursors: list[str], following: str | None, *, forward: bool) -> list[str]:
    """The cursors after a step.

    Args:
        cursors: those that led here, the last one being the page shown; none: the first page.
        following: cursor of the next page, if there is one.
        forward: towards the next page, else back.
    """
    if forward:
        return cursors if following is None else [*cursors, following]
    return cursors[:-1]
