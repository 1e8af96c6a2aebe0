"""The input: leads from files or invented ones, checked once and read in batches, never all at once."""
