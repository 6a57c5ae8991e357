"""The models that a character model must beat, trained on the same rows."""
