"""LangGraph's how-to "Copying Threads", run for real in the three languages it is written in."""
