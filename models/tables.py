"""Every table, imported so that the metadata is whole (for migrations and tests)."""

from sqlmodel import SQLModel

from models import directive, mail, round, unit

METADATA = SQLModel.metadata
MODULES = (directive, mail, round, unit)
