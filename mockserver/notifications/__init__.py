"""Channels, subscriptions and the WebSocket."""
