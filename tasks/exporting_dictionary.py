"""The data dictionary of an export, made from the code: every table and column, what it means.

`python -m tasks.exporting_dictionary > docs/export.md` writes it anew.
"""

from tasks.exporting_tables import columns, exported
from tasks.exporting_words import LEFT_OUT, NOT_EXPORTED, TABLES

NAME = "data-dictionary.md"
_HEAD = """# The data dictionary of an export

`dondoc export --out FOLDER` writes everything an office owns; [operators.md](operators.md#export)
says how. This page is made from the code, and lies in every export as `data-dictionary.md`.

- **Names.** A table is a sheet of `dondoc.xlsx`, or a file `NAME.csv` or `NAME.json`. Columns have
  stable names; the workbook has their names for people in the row above them. A name that ends in
  `_id` is the number of a row of another table; beside it stands, under the name without `_id`,
  what that row is called.
- **Values.** Days are `2024-02-26`, instants ISO 8601 in Vietnam's time with `+07:00`; the
  workbook has both as dates, in Vietnam's time. What is of the kind `json` is JSON as text, in
  JSON files as it is. Nothing is an empty cell, in JSON `null`.
- **Files.** Where a table has a column `file`, the content lies there, as it was sent or signed. A
  text too long for a cell of the workbook (32,767 characters) lies in `texts/`, and the cell names
  it.
- **CSV** is UTF-8 with a byte order mark, separated by commas. A text that begins with `=`, `+`,
  `-`, `@` or white space has an apostrophe before it, so that no table program takes it for a
  formula; take it off when you read the file with a program.
- **Of one directive** (`--directive`): the rows of that directive; tables that belong to none
  (units, contacts, days off, accounts) are whole.
- **As of.** `status` and `overdue_days` are as of the moment of the export, all else is as it was
  stored.
"""


def markdown() -> str:
    """The dictionary as Markdown."""
    parts = [_HEAD]
    for table in exported():
        title, meaning = TABLES[table.name]
        rows = [f"| `{c.name}` | {c.label} | {c.kind} | {c.meaning} |" for c in columns(table)]
        head = "| column | tên cột | kind | what it holds |\n| --- | --- | --- | --- |"
        parts.append(f"## {table.name}\n{title}: {meaning}.\n\n{head}\n" + "\n".join(rows) + "\n")
    parts.append("## What is left out\n" + "\n".join(_left_out()) + "\n")
    return "\n".join(parts)


def _left_out() -> list[str]:
    whole = [f"- the table `{name}`: {why}" for name, why in NOT_EXPORTED.items()]
    return whole + [f"- the column `{name}`: {why}" for name, why in LEFT_OUT.items()]


if __name__ == "__main__":
    print(markdown(), end="")
