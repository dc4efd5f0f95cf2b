"""Reads of approvals, exports, what left, and the clues of leaked files."""
