"""The reporter: counts what was chosen, and answers even if everything else is down."""
