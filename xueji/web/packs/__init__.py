"""Pages of the rules that provinces decide for themselves."""
