"""Every table, imported so that the metadata is whole (for migrations and tests)."""

from sqlmodel import SQLModel

from models import (
    access_token,
    account,
    activity,
    alert,
    audit,
    day_off,
    directive,
    mail,
    pulse,
    round,
    unit,
    webhook,
)

METADATA = SQLModel.metadata
MODULES = (
    access_token, account, activity, alert, audit, day_off, directive, mail, pulse, round, unit,
    webhook,
)  # fmt: skip
