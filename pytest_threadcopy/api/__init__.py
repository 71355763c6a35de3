"""The routes of a deployment in the official SDK's names, and whose threads they touch. Nothing of pytest."""
