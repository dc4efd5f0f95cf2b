"""Pages of reorganisations: schools merged, split, closed."""
