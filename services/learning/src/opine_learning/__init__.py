"""Whether a candidate is good and how much traffic it gets."""
