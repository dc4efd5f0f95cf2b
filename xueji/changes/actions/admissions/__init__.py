"""Unified admission: lists of authorities, who came and who did not, and children whom two schools admit."""
