"""The body of a WSGI answer, with an end that is noticed."""

from collections.abc import Callable, Iterable, Iterator


class AnswerBody:
    """Pass a WSGI body through and call `finish` once: when it is used up or closed, whichever is first."""

    def __init__(self, body: Iterable[bytes], finish: Callable[[], None]) -> None:
        self._body = body
        self._chunks = iter(body)
        self._finish = finish
        self._finished = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()

    def _end(self) -> None:
        if not self._finished:
            self._finished = True
            self._finish()
