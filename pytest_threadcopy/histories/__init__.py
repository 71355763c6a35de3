"""Thread states as JSON: compared, aligned, outlined. No network and no pytest."""
