"""Single steps with I/O. The steps as Prefect tasks stand in `tasks.steps`."""
