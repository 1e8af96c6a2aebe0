"""Has this version become slower or busier than another? Three layers, the most robust first; docs/gate.md explains.

* `counts`: requests, bytes and virtual seconds of a small comparison, against committed figures. No tolerance.
* `instructions`: CPU instructions of hot paths by callgrind, head against base.
* `wall`: hot paths and whole uploads, head against base in turns, the fastest against the fastest.
"""
