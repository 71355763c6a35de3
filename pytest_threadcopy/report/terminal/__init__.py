"""The report on a terminal. Everything here is made from the report document, but for the progress."""
