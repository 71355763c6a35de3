"""Thread states as JSON: compares, aligns and outlines histories. Knows no network and no pytest."""
