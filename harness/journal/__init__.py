"""What a run has done and has begun, kept durably and checked against digests."""
