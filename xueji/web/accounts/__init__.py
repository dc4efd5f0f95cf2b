"""Pages of the account administrator."""
