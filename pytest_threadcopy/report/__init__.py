"""The same verdict, told in several forms."""
