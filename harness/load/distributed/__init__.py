"""One run over many processes: the master keeps all state, workers send the requests that it hands out.

A worker has one call at a time. A lost worker leaves its call in doubt, like a lost answer, and the run resolves that
as always: wait, search, send what is missing.
"""
