"""Keeping what was read in the review API's PostgreSQL, under a role that may do no more than that."""
