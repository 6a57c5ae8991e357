"""From review files to encoded corpora on disk."""
