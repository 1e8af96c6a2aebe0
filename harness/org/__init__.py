"""A real org as target: where it is, who asks, and on which terms it is loaded."""

from .terms import Aim, Terms

__all__ = ["Aim", "Terms"]
