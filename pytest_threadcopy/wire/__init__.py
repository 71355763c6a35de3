"""One request to a deployment: sent, bounded, answered, and read."""
