"""The reporter: counts what was chosen, and answers even if everything else is down."""

import pizzeria  # noqa: F401 - says so if the packages are missing, before one of them is imported
