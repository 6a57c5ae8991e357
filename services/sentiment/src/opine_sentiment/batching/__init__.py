"""Which texts are computed together and when; knows asyncio, no web framework, no model."""
