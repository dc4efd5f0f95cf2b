"""Pages of the tree: authorities with their totals, and opening, renaming, merging, closing schools."""
