"""Which contact each lead became: the mapping's file, its proof, and what rebuilds it."""
