"""The report of a run: its document, and each form in which it is shown or written."""
