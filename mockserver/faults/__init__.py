"""Faults on demand: their rules, their moments, their effects."""
