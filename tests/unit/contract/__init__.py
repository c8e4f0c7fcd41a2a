"""The documents of the events."""
