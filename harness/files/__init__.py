"""Files of a run: written atomically, private to their owner, read and joined in bounded memory."""
