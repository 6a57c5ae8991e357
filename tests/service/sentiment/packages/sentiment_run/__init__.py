"""Helpers of the sentiment service's tests."""
