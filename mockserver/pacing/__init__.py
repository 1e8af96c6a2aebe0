"""How often and how fast: rate limits and latencies, as pure rules."""
