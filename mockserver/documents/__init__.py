"""Campaigns and what they are made of, stored and checked. Nothing dials."""
