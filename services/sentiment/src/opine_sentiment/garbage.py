"""When Python looks for garbage."""

import gc

# New objects before a young, a middle and a full collection; Python's own numbers are 700, 10 and 10.
_THRESHOLDS = (5_000, 20, 50)


def settle() -> None:
    """Everything that is there stays for good: collections leave it alone, and full ones become rare.

    A full collection stops every request while it lasts, and without this it looks at all imported code each time
    (measured: see the README).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
