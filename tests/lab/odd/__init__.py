"""Deployments that are faithful and odd: no requirement may fail on them."""
