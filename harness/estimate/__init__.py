"""How long an upload would take under a profile, without sending anything.

`recording` runs the real flows of a strategy once against a stub org (`stubs`) and turns what they did into a graph of
requests and pauses. `cases` lays uploads under profiles out as arrays, and `simulate` plays them for a thousand
replicates at once by the rules of `server_model`. No strategy is written a second time. The rules of the server are:
scalar rules in an event heap would take ten times as long. Tests compare both.
"""
