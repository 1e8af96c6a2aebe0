"""Uploads leads, keeps the mapping, proves it, measures it."""

__version__ = "0.1.0"
