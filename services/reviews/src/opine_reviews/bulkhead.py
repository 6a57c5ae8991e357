"""A share of the threads for each thing that is waited for, so that the rest goes on while it hangs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from opine_common.problems import Problem


class Bulkhead:
    """Lets so many callers wait for one dependency at a time, and refuses the others.

    Args:
        places: how many.
        wait_s: how long a caller waits for a place. Once one has waited in vain, those after it are refused at once
            until a place is free: they would only take up the threads that the rest needs.
    """

    def __init__(self, places: int, *, wait_s: float) -> None:
        self._places = BoundedSemaphore(places)
        self._wait_s = wait_s
        self._jammed = False

    @contextmanager
    def place(self, refusal: Callable[[], Problem]) -> Iterator[None]:
        """One of the places, for the block.

        Raises:
            Problem: the refusal; none is free.
        """
        if not self._places.acquire(timeout=0 if self._jammed else self._wait_s):
            self._jammed = True
            raise refusal()
        self._jammed = False
        try:
            yield
        finally:
            self._places.release()
