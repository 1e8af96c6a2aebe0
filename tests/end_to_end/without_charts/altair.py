"""Stands before altair on the path of commands under test: to draw a report's charts takes half of a small upload."""

raise ImportError("no charts in these tests")
