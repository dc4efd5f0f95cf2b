"""What the law permits to leave, how a file is marked, and how a leaked one is traced."""
