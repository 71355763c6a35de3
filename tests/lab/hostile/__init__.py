"""A gallery of hostile, slow and half-broken deployments, and how a run against each must end."""
