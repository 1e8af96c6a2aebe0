"""The journal of a run: what it has begun and what it has done, kept durably and protected by digests."""
