"""Where contact lists and contacts are kept."""
