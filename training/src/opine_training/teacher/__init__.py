"""A sentence encoder learns stars and says what it thinks of texts and their parts (Hinton et al. 2015)."""
