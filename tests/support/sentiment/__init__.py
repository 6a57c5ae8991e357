"""The sentiment service as a process, around its own engine or one that a test holds."""
