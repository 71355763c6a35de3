"""Deployments that are faithful and odd: they raise no alarm."""
