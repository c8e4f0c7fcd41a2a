"""The workers and the joiner once more, written with other frameworks: what `make bench-peers` compares ours to."""
