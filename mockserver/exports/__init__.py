"""Contacts on their way out: export jobs, CSV files, downloads."""
