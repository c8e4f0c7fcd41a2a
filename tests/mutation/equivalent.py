"""Mutants that no test could notice, each with the reason; any other survivor is a gap."""

EQUIVALENT: dict[str, str] = {}
