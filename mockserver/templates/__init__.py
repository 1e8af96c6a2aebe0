"""Contact list templates, import templates and the lists they make."""
