"""How a failure came about, from the record of all exchanges: in words, and as scripts to paste."""
