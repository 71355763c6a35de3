"""Scripts that show a failure again, one for each language. ``evidence/`` decides what they show."""
