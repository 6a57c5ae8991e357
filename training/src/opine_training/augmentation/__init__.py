"""Changes of texts while training: small pure functions on symbols, the randomness passed in."""
