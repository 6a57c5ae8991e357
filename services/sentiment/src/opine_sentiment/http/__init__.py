"""The contract's routes as an ASGI application of its own."""
