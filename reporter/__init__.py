"""The reporter: counts what was chosen, and answers whatever else is down."""
