"""What the contract's tests do with threads. No requirement is stated here."""
