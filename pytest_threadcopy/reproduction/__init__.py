"""How a failure came about, told from the record of what was asked: in words, and as scripts to paste."""
