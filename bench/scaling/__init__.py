"""Measures what the system costs and where it stops scaling, and works out what a rate needs: docs/scaling.md."""
