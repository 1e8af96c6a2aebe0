"""CSV files on their way into lists: uploads, rows, jobs, events."""
