"""How long a month's upload would take under a profile, without sending one byte of it.

The real flows of a strategy are recorded once, against an org that only answers (`canned`, `recording`). What they did
is a graph of requests and pauses (`skeleton`). `machine` then plays that graph for a thousand replicates at once, with
the profile's limits, latencies, jobs and faults as arrays. Nothing of what a strategy does is written a second time.
"""
