"""What things are and the rules they obey. No network, no Prefect."""
