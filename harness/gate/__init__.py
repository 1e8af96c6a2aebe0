"""The gate: fails a version that is slower or busier than another, by three layers. docs/gate.md explains them.

* `counts`: requests, bytes and virtual seconds of a small comparison, against committed figures. No tolerance.
* `instructions`: CPU instructions of hot paths by callgrind, head against base.
* `wall`: hot paths and whole uploads by the clock, head and base in turns.
"""
