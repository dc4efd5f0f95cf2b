"""Pages of schools: grades and classes, a class list, moving pupils between classes."""
