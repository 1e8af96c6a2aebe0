"""Journals and mappings in a PostgreSQL database. Imported only by commands that are given one."""
