"""The teacher: a sentence encoder that is fine-tuned to label reviews for the small network."""
