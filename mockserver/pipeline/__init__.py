"""The way of every request: who may ask, how long it takes, what a fault does to it, what it changes."""
