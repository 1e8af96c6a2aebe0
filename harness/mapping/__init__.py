"""Which contact each lead became: the mapping's file, its proof, and rebuilding it from the org."""
