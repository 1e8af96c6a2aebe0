"""Journals and mappings in a PostgreSQL database. Nothing outside imports this unless it was asked for a database."""
