"""The terminal client, with an API that is scripted."""
