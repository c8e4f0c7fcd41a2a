"""The command line: ordering pizzas by the HTTP API alone, and admin/ for whoever runs the system."""
