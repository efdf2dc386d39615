"""The lifecycle as Prefect flows, a file a stage. A flow reads like the office's own process."""
