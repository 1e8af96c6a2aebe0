"""Files as a run uses them: whole or not there, private, read and joined in bounded memory."""
