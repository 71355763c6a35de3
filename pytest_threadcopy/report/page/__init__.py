"""The page: what a run found, for people to read or to send."""
