"""The chart as Helm renders it, and what its tests look for in it."""
