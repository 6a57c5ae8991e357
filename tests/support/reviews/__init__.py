"""The review API as its tests meet it: rows, the checks of its answers, the program under gunicorn."""
