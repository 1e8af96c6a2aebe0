"""A month's leads, month after month into one org: four ways to do that, each month a run with its own proof."""
