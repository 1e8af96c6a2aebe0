"""A run from its preparation to its document, and what it leaves in an org."""
