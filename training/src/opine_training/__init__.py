"""Trains, evaluates and exports Opine's char-CNN: `python -m opine_training`."""


class InputError(Exception):
    """What was asked for cannot be done; the message, which ends the command, says why and what to do."""
