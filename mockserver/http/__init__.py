"""The way of a request: who may ask, its body, its time, its answer."""
