"""Every table, imported so that the metadata is whole (for migrations and tests)."""

from sqlmodel import SQLModel

from models import day_off, directive, mail, round, unit

METADATA = SQLModel.metadata
MODULES = (day_off, directive, mail, round, unit)
