"""Custom actions: slots in, one feature call, responses out. No SQL, no HTTP, no prose."""
