"""A load test: what is due when, who does it, and how it ended. Knows nothing of Locust."""
