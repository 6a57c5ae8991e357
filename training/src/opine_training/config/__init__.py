"""What a run is made of: small frozen dataclasses, every field of them an option of the command line."""
