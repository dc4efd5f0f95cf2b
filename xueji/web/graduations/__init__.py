"""Pages of graduation."""
