"""The tests of the whole system, started as a user starts it."""
