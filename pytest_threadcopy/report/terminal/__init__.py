"""The report on a terminal. Everything here is made from the report document, except the progress."""
