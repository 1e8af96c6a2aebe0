"""What stands between a call of a flow and its reply, for every driver: budgets, time-outs, safety, the request log."""
