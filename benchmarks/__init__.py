"""Measures the time and memory of the plugin against its limits. ``README.md`` says how to run it."""
