"""Contacts: adding, searching, filters, bulk jobs, retention."""
