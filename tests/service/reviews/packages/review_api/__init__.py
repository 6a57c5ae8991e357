"""The review API's surroundings in tests: a real PostgreSQL, a stand-in sentiment service, gunicorn."""
