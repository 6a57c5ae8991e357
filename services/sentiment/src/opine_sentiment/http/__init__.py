"""The HTTP contract: routes, request, response, limits, errors."""
