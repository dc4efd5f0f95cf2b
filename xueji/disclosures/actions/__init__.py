"""The verbs: approvals recorded and reviewed, exports asked for, released, made and fetched, class lists, traces."""
