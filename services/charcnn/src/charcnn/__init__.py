"""A character-level convolutional network that reads reviews of any length."""
