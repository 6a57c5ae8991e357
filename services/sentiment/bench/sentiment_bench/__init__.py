"""The sentiment service beside its peers, in one run: `make bench`."""
