"""The networks that can be trained, and what the loop must know of each."""
