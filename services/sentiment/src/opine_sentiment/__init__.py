"""Opine's sentiment service: BentoML around a char-CNN, with its own batching policy."""
