"""Commands for whoever runs the system: topics, rebuild, dead-letters."""
