"""How to see a failure again, a script for each language. What it shows is decided elsewhere."""
