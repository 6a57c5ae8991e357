"""From a corpus to a trained network."""
