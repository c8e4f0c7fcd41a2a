"""A pizza to make tests with."""

FULL = {"sauce": "light", "cheese": "goat cheese", "meats": "ham & bacon", "veggies": "none"}
