"""What of the record shows a failure. No script is written here."""
