"""The commands of operators: topics, rebuild, dead-letters."""
