"""Which exchanges of the record show a failure. No script is written here."""
