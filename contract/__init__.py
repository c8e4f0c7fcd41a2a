"""What consumers of the events may rely on: makes docs/asyncapi.yaml and docs/schemas/, and guards them."""
