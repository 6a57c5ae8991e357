"""A release on a cluster, the programs that drive it and the load on it."""
