"""Random faults, overlapping, and the same checks as in the fault suite."""
