"""The worker: delivers the outbox and runs the timed jobs."""
