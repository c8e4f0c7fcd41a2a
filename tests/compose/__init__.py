"""Tests of compose.yaml, unmodified, with its Dockerfile and its gateway, in containers."""
