"""A text a line in, a prediction a line out: any number of them, in order, in flat memory."""
