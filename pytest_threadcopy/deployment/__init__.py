"""The deployment under test: what it can do, and where its threads come from. Nothing of pytest's session."""
