"""Who asks: OAuth clients, tokens, organizations, divisions, limits in force."""
