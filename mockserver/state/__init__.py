"""The state of one org; nothing here knows a service or a route."""
