"""The engine on deployments that are slow, broken or hostile: bounds, tries, shapes, and what it forgets."""
