"""Real faults on real processes: every accepted order must come out complete, and be counted once."""
