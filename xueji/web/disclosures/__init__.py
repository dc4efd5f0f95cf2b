"""Pages of what leaves: approvals, exports, tracing a leaked file."""
