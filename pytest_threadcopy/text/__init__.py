"""Text that is safe to show: without secrets, and without what a terminal obeys. Nothing of a deployment."""
