"""One run, sent by many processes: the master keeps all that is known, workers send what it asks them to.

A worker is lent one call at a time. Whoever is lost with a call has left a doubt, as a lost answer does, and what the
run does about it is what it always does: wait, search, send what is missing.
"""
