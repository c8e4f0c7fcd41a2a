"""Measuring what orders cost, for docs/scaling.md, on the systems of the fault suite."""
