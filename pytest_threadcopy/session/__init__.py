"""The plugin's side of a pytest session: deployments, fixtures, outcomes. Reports are written elsewhere."""
