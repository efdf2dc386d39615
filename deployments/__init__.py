"""How it runs: the flows as deployments, served from one place."""

from models import settings_file

# Prefect reads its settings when it is imported, and the file may hold some
settings_file.into_environment()
