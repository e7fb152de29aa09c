"""Measurements on a recorded log; run them as `python -m benchmarks.<name> LOG`."""
