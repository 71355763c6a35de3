"""LangGraph's how-to "Copying Threads", run on real servers in its three languages."""
