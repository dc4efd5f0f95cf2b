"""Classes split, merged, filled anew: proposed, looked at, decided, undone."""
