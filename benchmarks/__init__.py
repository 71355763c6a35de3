"""What the project must reach in time and memory, measured. ``README.md`` tells how to run it."""
