"""Every table, imported so that the metadata is whole (for migrations and tests)."""

from sqlmodel import SQLModel

from models import account, activity, audit, day_off, directive, mail, pulse, round, unit

METADATA = SQLModel.metadata
MODULES = (account, activity, audit, day_off, directive, mail, pulse, round, unit)
