"""The output of a run on a terminal."""
