"""Locust files on the strategies of the harness."""
