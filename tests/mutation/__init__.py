"""Mutation testing: the core is changed in small ways, one at a time, and a test must notice. Not run by pytest."""
