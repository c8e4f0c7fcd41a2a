"""Measures speed and memory on a stack of its own: `python -m bench`."""
