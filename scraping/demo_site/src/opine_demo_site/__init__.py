"""A review site of made-up companies and reviews, for tests, demonstrations and benchmarks.

It serves the markup of 2019 and today's, from a seed alone: any review can be made without the ones before it. It
shares no code with the parsers, so that it can disagree with them.
"""
