"""What a run says on a terminal."""
