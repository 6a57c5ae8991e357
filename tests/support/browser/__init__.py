"""Driving Opine's pages in a browser: page objects that take a base URL, for any suite that serves the frontend."""
