"""Text that is safe to show: without secrets or control characters. Knows nothing of a deployment."""
