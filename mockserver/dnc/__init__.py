"""Do-not-contact lists."""
