"""The servers that are compared; each runs as a process of its own."""
