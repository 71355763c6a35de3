"""The report as one HTML file, for people to read and to send."""
