"""python -m pizzeria order and show: the pizzeria in a terminal, over the HTTP API and nothing else."""
