"""Dates from 2024 to 2031, each worked out by hand from a calendar on paper, with its reason.

Tết is the first day of the lunar year at UTC+7: 10/02/2024, 29/01/2025, 17/02/2026, 06/02/2027,
26/01/2028, 13/02/2029, 02/02/2030 (China, at UTC+8, has 03/02), 23/01/2031. Five days are off
around it, those on a weekend made up for: 8–14/02/2024, 27–31/01/2025, 16–20/02/2026,
4–10/02/2027, 24–28/01/2028, 12–16/02/2029, 31/01–06/02/2030, 21–27/01/2031. Giỗ Tổ (10/3 lunar)
is 18/04/2024, 07/04/2025, Sunday 26/04/2026 (so the 27th), 16/04/2027, 04/04/2028, 23/04/2029,
12/04/2030, 01/04/2031. `how` says which days were counted; a number alone is a worked day.
"""

from datetime import date
from typing import NamedTuple

import pytest

from models.calendar import vietnam
from models.timetable import PlannedRound, timetable
from models.words import Level
from tests.models.builders import a_round, directive

OWN = """
  - code: tinh
    name: Quy chế của tỉnh
    every: {month: Quy chế của tỉnh}
    cutoff_day: %(cutoff)s
    province_sends_on: 25
    on_day_off: %(move)s
    limits: {%(limits)s}"""


class Row(NamedTuple):
    """A round and what it must say: each part of `reason` is a rule and how its values begin,
    `levels` are the days of province, district and commune.
    """

    name: str
    when: str
    due: str
    reason: tuple[str, ...]
    how: str
    issued: str = "2024-01-02"
    levels: str = "- - -"
    own: str | None = None


def row(name: str, when: str, due: str, *reason: str, **more: str) -> Row:
    return Row(name, when, due, reason, **more)


def own(limits: str, move: str = "next", cutoff: str = "14") -> str:
    """A province's own regime."""
    return OWN % {"limits": limits, "move": move, "cutoff": cutoff}


# fmt: off
TET = [
    row("across-2024", "{working_days: 5}", "2024-02-19", "after-issue 5 05/02/2024",
        "passes-over 08/02/2024 – 14/02/2024", issued="2024-02-05",
        how="Mon 5/2: Tue 6, Wed 7, off Thu 8 – Wed 14, Thu 15, Fri 16, Mon 19"),
    row("across-2025", "{working_days: 3}", "2025-02-04", "after-issue 3 23/01/2025",
        "passes-over 27/01/2025 – 31/01/2025", issued="2025-01-23",
        how="Thu 23/1: Fri 24, off Mon 27 – Fri 31, Mon 3/2, Tue 4"),
    row("across-2026", "{working_days: 10}", "2026-03-03", "after-issue 10 10/02/2026",
        "passes-over 16/02/2026 – 20/02/2026", issued="2026-02-10",
        how="Tue 10/2: 11, 12, Fri 13, off Mon 16 – Fri 20, 23 – 27 (8), Mon 2/3, Tue 3"),
    row("across-2027", "{working_days: 4}", "2027-02-12", "after-issue 4 01/02/2027",
        "passes-over 04/02/2027 – 10/02/2027", "computed 2027", issued="2027-02-01",
        how="Mon 1/2: Tue 2, Wed 3, off Thu 4 – Wed 10, Thu 11, Fri 12"),
    row("across-2028", "{working_days: 2}", "2028-01-31", "after-issue 2 20/01/2028",
        "passes-over 24/01/2028 – 28/01/2028", "computed 2028", issued="2028-01-20",
        how="Thu 20/1: Fri 21, off Mon 24 – Fri 28, Mon 31"),
    row("across-2029", "{working_days: 1}", "2029-02-19", "after-issue 1 09/02/2029",
        "passes-over 12/02/2029 – 16/02/2029", "computed 2029", issued="2029-02-09",
        how="Fri 9/2: off Mon 12 – Fri 16, Mon 19"),
    row("across-2030", "{working_days: 2}", "2030-02-08", "after-issue 2 30/01/2030",
        "passes-over 31/01/2030 – 06/02/2030", "computed 2030", issued="2030-01-30",
        how="Wed 30/1: off Thu 31 – Wed 6/2, Thu 7, Fri 8"),
    row("across-2031", "{working_days: 3}", "2031-01-29", "after-issue 3 17/01/2031",
        "passes-over 21/01/2031 – 27/01/2031", "computed 2031", issued="2031-01-17",
        how="Fri 17/1: Mon 20, off Tue 21 – Mon 27, Tue 28, Wed 29"),
    row("thirty-days-2024", "{working_days: 30}", "2024-02-20", "after-issue 30 02/01/2024",
        "passes-over 08/02/2024 – 14/02/2024",
        how="Tue 2/1: 3–5 (3), 8–12 (8), 15–19 (13), 22–26 (18), 29–2/2 (23), 5–7 (26), 15, 16, "
            "19, Tue 20"),
    row("on-2024", "{on: 2024-02-10}", "2024-02-15", "on 10/02/2024", "shifted 10/02/2024",
        how="Sat, first day of the year; off to Wed 14"),
    row("on-2025", "{on: 2025-01-29}", "2025-02-03", "on 29/01/2025",
        "shifted 29/01/2025 Tết Nguyên Đán 03/02/2025", how="Wed; off to Fri 31, then a weekend"),
    row("on-2026", "{on: 2026-02-17}", "2026-02-23", "on 17/02/2026",
        "shifted 17/02/2026 Tết Nguyên Đán 23/02/2026", how="Tue; off to Fri 20, then a weekend"),
    row("on-2027", "{on: 2027-02-06}", "2027-02-11", "on 06/02/2027", "shifted 06/02/2027",
        "computed 2027", how="Sat; off to Wed 10"),
    row("on-2028", "{on: 2028-01-26}", "2028-01-31", "on 26/01/2028",
        "shifted 26/01/2028 Tết Nguyên Đán 31/01/2028", "computed 2028", how="Wed; off to Fri 28"),
    row("on-2029", "{on: 2029-02-13}", "2029-02-19", "on 13/02/2029",
        "shifted 13/02/2029 Tết Nguyên Đán 19/02/2029", "computed 2029", how="Tue; off to Fri 16"),
    row("on-2030", "{on: 2030-02-02}", "2030-02-07", "on 02/02/2030", "shifted 02/02/2030",
        "computed 2030", how="Sat; off to Wed 6"),
    row("on-2031", "{on: 2031-01-23}", "2031-01-28", "on 23/01/2031",
        "shifted 23/01/2031 Tết Nguyên Đán 28/01/2031", "computed 2031", how="Thu; off to Mon 27"),
    row("fixed-in-2026", "{on: 2026-02-17, fixed: true}", "2026-02-17", "on 17/02/2026",
        "fixed 17/02/2026 Tết Nguyên Đán", how="stays"),
    row("fixed-in-2027", "{on: 2027-02-08, fixed: true}", "2027-02-08", "on 08/02/2027",
        "fixed 08/02/2027 Mùng ba Tết", "computed 2027", how="Mon of Tết, stays"),
]
SWAPS = [
    row("2024-passed-over-and-worked", "{working_days: 3}", "2024-05-04",
        "after-issue 3 26/04/2024", "passes-over 29/04/2024 – 01/05/2024",
        "counts-worked 04/05/2024 Làm bù cho ngày 29/4/2024", issued="2024-04-26",
        how="Fri 26/4: off Mon 29 – Wed 1/5, Thu 2, Fri 3, Sat 4 worked"),
    row("2024-on-the-day-off", "{on: 2024-04-29}", "2024-05-02", "on 29/04/2024",
        "shifted 29/04/2024 Nghỉ hoán đổi trước ngày 30/4", how="Mon; 30/4 and 1/5 off, Thu"),
    row("2024-on-the-saturday", "{on: 2024-05-04}", "2024-05-04", "on 04/05/2024", how="worked"),
    row("2025-worked", "{working_days: 3}", "2025-04-28", "after-issue 3 24/04/2025",
        "counts-worked 26/04/2025 Làm bù cho ngày 02/5/2025", issued="2025-04-24",
        how="Thu 24/4: Fri 25, Sat 26 worked, Mon 28"),
    row("2025-worked-and-passed-over", "{working_days: 4}", "2025-05-05",
        "after-issue 4 25/04/2025", "counts-worked 26/04/2025",
        "passes-over 30/04/2025 – 02/05/2025", issued="2025-04-25",
        how="Fri 25/4: Sat 26 worked, Mon 28, Tue 29, off Wed – Fri 2/5, Mon 5"),
    row("2025-on-the-day-off", "{on: 2025-05-02}", "2025-05-05", "on 02/05/2025",
        "shifted 02/05/2025 Nghỉ hoán đổi", how="Fri, then a weekend, Mon"),
    row("2025-on-the-saturday", "{on: 2025-04-26}", "2025-04-26", "on 26/04/2025", how="worked"),
    row("2025-after-a-date", "{working_days: 10, after: 2025-04-25}", "2025-05-13",
        "after 10 25/04/2025", "counts-worked 26/04/2025", "passes-over 30/04/2025 – 02/05/2025",
        how="Sat 26, 28, 29 (3), off 30/4 – 2/5, 5–9 (8), Mon 12, Tue 13"),
    row("2026-new-year", "{working_days: 7}", "2026-01-12", "after-issue 7 31/12/2025",
        "passes-over 01/01/2026 – 02/01/2026", "counts-worked 10/01/2026", issued="2025-12-31",
        how="Wed 31/12: off Thu 1, Fri 2, 5–9 (5), Sat 10 worked, Mon 12"),
    row("2026-on-the-day-off", "{on: 2026-01-02}", "2026-01-05", "on 02/01/2026",
        "shifted 02/01/2026 Nghỉ hoán đổi dịp Tết Dương lịch", how="Fri, then a weekend, Mon"),
    row("2026-on-the-saturday", "{on: 2026-01-10}", "2026-01-10", "on 10/01/2026", how="worked"),
    row("2026-august", "{working_days: 7}", "2026-09-03", "after-issue 7 21/08/2026",
        "counts-worked 22/08/2026", "passes-over 31/08/2026 – 02/09/2026", issued="2026-08-21",
        how="Fri 21/8: Sat 22 worked, 24–28 (6), off Mon 31 – Wed 2/9, Thu 3"),
    row("2026-august-day-off", "{on: 2026-08-31}", "2026-09-03", "on 31/08/2026",
        "shifted 31/08/2026 Nghỉ hoán đổi dịp Quốc khánh", how="Mon; Tue 1, Wed 2 off, Thu 3"),
    row("2026-august-saturday-fixed", "{on: 2026-08-22, fixed: true}", "2026-08-22",
        "on 22/08/2026", how="a worked day needs no fixing"),
]
HOLIDAYS = [
    row("hung-kings-2024", "{on: 2024-04-18}", "2024-04-19", "on 18/04/2024",
        "shifted 18/04/2024 Ngày Giỗ Tổ Hùng Vương 19/04/2024", how="Thu, so Fri"),
    row("hung-kings-counted-2024", "{working_days: 5}", "2024-04-22", "after-issue 5 12/04/2024",
        "passes-over 18/04/2024 Ngày Giỗ Tổ", issued="2024-04-12",
        how="Fri 12/4: 15, 16, 17 (3), off Thu 18, Fri 19, Mon 22"),
    row("hung-kings-2025", "{on: 2025-04-07}", "2025-04-08", "on 07/04/2025",
        "shifted 07/04/2025 Ngày Giỗ Tổ", how="Mon, so Tue"),
    row("hung-kings-2026", "{on: 2026-04-26}", "2026-04-28", "on 26/04/2026",
        "shifted 26/04/2026 Chủ nhật 28/04/2026", how="Sun, made up for on Mon, so Tue"),
    row("hung-kings-made-up-2026", "{on: 2026-04-27}", "2026-04-28", "on 27/04/2026",
        "shifted 27/04/2026 Ngày Giỗ Tổ Hùng Vương (nghỉ bù)", how="Mon, so Tue"),
    row("hung-kings-2031", "{on: 2031-04-01}", "2031-04-02", "on 01/04/2031",
        "shifted 01/04/2031 Ngày Giỗ Tổ", "computed 2031", how="Tue, so Wed"),
    row("two-holidays-2024", "{working_days: 15}", "2024-05-09", "after-issue 15 15/04/2024",
        "passes-over 18/04/2024 Ngày Giỗ Tổ", "passes-over 29/04/2024 – 01/05/2024",
        "counts-worked 04/05/2024", issued="2024-04-15",
        how="Mon 15/4: 16, 17, off 18, 19 (3), 22–26 (8), off 29/4 – 1/5, 2, 3, Sat 4 worked (11), "
            "6, 7, 8, Thu 9"),
    row("april-30-2025", "{month_day: 04-30, first: 2025, last: 2025}", "2025-05-05",
        "yearly 30/04", "shifted 30/04/2025 Ngày Chiến thắng 05/05/2025",
        how="Wed; Thu 1/5, Fri 2 off, then a weekend"),
    row("april-30-2026", "{month_day: 04-30, first: 2026, last: 2026}", "2026-05-04",
        "yearly 30/04", "shifted 30/04/2026 Ngày Chiến thắng 04/05/2026", how="Thu; Fri 1/5 off"),
    row("april-30-2027", "{month_day: 04-30, first: 2027, last: 2027}", "2027-05-04",
        "yearly 30/04", "shifted 30/04/2027 Ngày Chiến thắng 04/05/2027", "computed 2027",
        how="Fri; Sat 1/5 made up for on Mon 3, so Tue"),
    row("april-30-2028", "{month_day: 04-30, first: 2028, last: 2028}", "2028-05-03",
        "yearly 30/04", "shifted 30/04/2028 Chủ nhật 03/05/2028", "computed 2028",
        how="Sun, made up for after Mon 1/5 on Tue 2, so Wed"),
    row("september-2-2024", "{month_day: 09-02, first: 2024, last: 2024}", "2024-09-04",
        "yearly 02/09", "shifted 02/09/2024 Quốc khánh 04/09/2024", how="Mon; Tue 3 off"),
    row("september-2-2025", "{month_day: 09-02, first: 2025, last: 2025}", "2025-09-03",
        "yearly 02/09", "shifted 02/09/2025 Quốc khánh 03/09/2025", how="Tue (Mon 1 off too)"),
    row("september-2-2027", "{month_day: 09-02, first: 2027, last: 2027}", "2027-09-06",
        "yearly 02/09", "shifted 02/09/2027 Quốc khánh", "computed 2027", how="Thu; Fri 3 off"),
    row("september-2-2029", "{month_day: 09-02, first: 2029, last: 2029}", "2029-09-05",
        "yearly 02/09", "shifted 02/09/2029 Chủ nhật", "computed 2029",
        how="Sun; Mon 3 off, Tue 4 made up"),
    row("from-within-a-holiday", "{working_days: 0, after: 2024-09-02}", "2024-09-04",
        "after 0 02/09/2024", "passes-over 03/09/2024 Quốc khánh", how="Mon and Tue off, Wed"),
]
MONTH_ENDS = [
    row("january-2025", "{month_day: 01-31, first: 2025, last: 2025}", "2025-02-03",
        "yearly 31/01", "shifted 31/01/2025 Mùng ba Tết", how="Fri, last of Tết, so Mon"),
    row("january-2026", "{month_day: 01-31, first: 2026, last: 2026}", "2026-02-02",
        "yearly 31/01", "shifted 31/01/2026 Thứ Bảy 02/02/2026", how="Sat"),
    row("january-2027", "{month_day: 01-31, first: 2027, last: 2027}", "2027-02-01",
        "yearly 31/01", "shifted 31/01/2027 Chủ nhật 01/02/2027", "computed 2027", how="Sun"),
    row("january-2028", "{month_day: 01-31, first: 2028, last: 2028}", "2028-01-31",
        "yearly 31/01", "computed 2028", how="Mon after Tết"),
    row("january-2030", "{month_day: 01-31, first: 2030, last: 2030}", "2030-02-07",
        "yearly 31/01", "shifted 31/01/2030 29 Tết 07/02/2030", "computed 2030",
        how="Thu, off to Wed 6/2"),
    row("march-2024", "{on: 2024-03-31}", "2024-04-01", "on 31/03/2024",
        "shifted 31/03/2024 Chủ nhật 01/04/2024", how="Sun"),
    row("august-2025", "{on: 2025-08-31}", "2025-09-03", "on 31/08/2025",
        "shifted 31/08/2025 Chủ nhật 03/09/2025", how="Sun; Mon 1, Tue 2 off"),
    row("december-2026", "{on: 2026-12-31}", "2026-12-31", "on 31/12/2026", how="Thu, decided"),
    row("december-2028", "{on: 2028-12-31}", "2029-01-02", "on 31/12/2028",
        "shifted 31/12/2028 Chủ nhật 02/01/2029", "computed 2029", how="Sun; Mon 1/1 off"),
    row("into-a-computed-year", "{working_days: 2}", "2027-01-04", "after-issue 2 30/12/2026",
        "passes-over 01/01/2027 Tết Dương lịch", "computed 2027", issued="2026-12-30",
        how="Wed 30: Thu 31, off Fri 1/1, Mon 4"),
    row("leap-day-2024", "{on: 2024-02-29}", "2024-02-29", "on 29/02/2024", how="Thu"),
    row("leap-day-2028", "{on: 2028-02-29}", "2028-02-29", "on 29/02/2028", "computed 2028",
        how="Tue"),
    row("leap-day-counted-2024", "{working_days: 3}", "2024-03-01", "after-issue 3 27/02/2024",
        issued="2024-02-27", how="Tue 27: Wed 28, Thu 29, Fri 1/3"),
    row("leap-day-reached-2028", "{working_days: 1}", "2028-02-29", "after-issue 1 28/02/2028",
        "computed 2028", issued="2028-02-28", how="Mon 28: Tue 29"),
    row("no-leap-day-2025", "{working_days: 3}", "2025-03-03", "after-issue 3 26/02/2025",
        issued="2025-02-26", how="Wed 26: Thu 27, Fri 28, Mon 3/3"),
    row("fixed-on-a-saturday", "{on: 2024-06-01, fixed: true}", "2024-06-01", "on 01/06/2024",
        "fixed 01/06/2024 Thứ Bảy", how="stays"),
]
WITHIN = [
    row("month-2025-01", "{every: month, first: 2025, last: 2025, only: [1], send_within: 5}",
        "2025-01-21", "cutoff 15/12/2024 14/01/2025", "send-within 5",
        how="cut off Tue 14: 15, 16, 17, Mon 20, Tue 21"),
    row("month-2024-04", "{every: month, first: 2024, last: 2024, only: [4], send_within: 5}",
        "2024-04-22", "cutoff 15/03/2024 14/04/2024", "send-within 5", "passes-over 18/04/2024",
        how="cut off Sun 14: 15, 16, 17, off 18, Fri 19, Mon 22"),
    row("month-2026-02", "{every: month, first: 2026, last: 2026, only: [2], send_within: 2}",
        "2026-02-24", "cutoff 15/01/2026 14/02/2026", "send-within 2",
        "passes-over 16/02/2026 – 20/02/2026", how="cut off Sat 14: Tết, Mon 23, Tue 24"),
    row("month-2028-03", "{every: month, first: 2028, last: 2028, only: [3], send_within: 1}",
        "2028-03-15", "cutoff 15/02/2028 14/03/2028", "send-within 1", "computed 2028",
        how="cut off Tue 14, Wed 15"),
    row("quarter-2024-q1", "{every: quarter, first: 2024, last: 2024, only: [1], send_within: 5}",
        "2024-03-21", "cutoff 15/12/2023 14/03/2024", "send-within 5",
        how="cut off Thu 14: Fri 15, 18, 19, 20, Thu 21"),
    row("quarter-2025-q3", "{every: quarter, first: 2025, last: 2025, only: [3], send_within: 3}",
        "2025-09-17", "cutoff 15/06/2025 14/09/2025", "send-within 3",
        how="cut off Sun 14: 15, 16, Wed 17"),
    row("half-2025-h1", "{every: half, first: 2025, last: 2025, only: [1], send_within: 5}",
        "2025-06-20", "cutoff 15/12/2024 14/06/2025", "send-within 5",
        how="cut off Sat 14: 16, 17, 18, 19, Fri 20"),
    row("half-2024-h2", "{every: half, first: 2024, last: 2024, only: [2], send_within: 5}",
        "2024-12-20", "cutoff 15/06/2024 14/12/2024", "send-within 5",
        how="cut off Sat 14: 16 – Fri 20"),
    row("nine-months-2026", "{every: nine_months, first: 2026, last: 2026, send_within: 2}",
        "2026-09-16", "cutoff 15/12/2025 14/09/2026 kỳ 9 tháng theo quy định của Thanh tra",
        "send-within 2", how="cut off Mon 14: Tue 15, Wed 16"),
    row("year-2028", "{every: year, first: 2028, last: 2028, send_within: 5}", "2028-12-21",
        "cutoff 15/12/2027 14/12/2028 Nghị định 09/2019/NĐ-CP", "send-within 5", "computed 2028",
        how="cut off Thu 14: Fri 15, 18, 19, 20, Thu 21"),
    row("calendar-february-2024", "{every: month, first: 2024, last: 2024, only: [2], "
        "send_within: 3, regime: calendar}", "2024-03-05", "cutoff 01/02/2024 29/02/2024",
        "send-within 3", how="cut off Thu 29: Fri 1/3, Mon 4, Tue 5"),
    row("calendar-february-2028", "{every: month, first: 2028, last: 2028, only: [2], "
        "send_within: 3, regime: calendar}", "2028-03-03", "cutoff 01/02/2028 29/02/2028",
        "send-within 3", "computed 2028", how="cut off Tue 29: Wed 1/3, Thu 2, Fri 3"),
    row("calendar-february-2025", "{every: month, first: 2025, last: 2025, only: [2], "
        "send_within: 3, regime: calendar}", "2025-03-05", "cutoff 01/02/2025 28/02/2025",
        "send-within 3", how="cut off Fri 28: Mon 3/3, Tue 4, Wed 5"),
]
BACK = [
    row("year-2024", "{every: year, first: 2024, last: 2024}", "2024-12-20",
        "cutoff 15/12/2023 14/12/2024", "back-from 25 25/12/2024 Nghị định 09",
        "level-before province 3 20/12/2024", "level-before district 3 20/12/2024",
        "level-before commune 5 18/12/2024", levels="2024-12-20 2024-12-20 2024-12-18",
        how="Wed 25: back 24, 23, Fri 20, Thu 19, Wed 18"),
    row("year-2027-the-25th-a-saturday", "{every: year, first: 2027, last: 2027}", "2027-12-21",
        "cutoff 15/12/2026 14/12/2027", "shifted-back 25/12/2027",
        "back-from 25 24/12/2027",
        "level-before province 3 21/12/2027", "level-before district 3 21/12/2027",
        "level-before commune 5 17/12/2027", "computed 2027",
        levels="2027-12-21 2027-12-21 2027-12-17",
        how="Sat 25, so Fri 24: back 23, 22, Tue 21, 20, Fri 17"),
    row("month-2025-05-the-25th-a-sunday", "{every: month, first: 2025, last: 2025, only: [5]}",
        "2025-05-20", "cutoff 15/04/2025 14/05/2025", "shifted-back 25/05/2025",
        "back-from 25 23/05/2025",
        "level-before province 3 20/05/2025", "level-before district 3 20/05/2025",
        "level-before commune 5 16/05/2025", levels="2025-05-20 2025-05-20 2025-05-16",
        how="Sun 25, so Fri 23: back 22, 21, Tue 20, 19, Fri 16"),
    row("month-2026-08-a-worked-saturday", "{every: month, first: 2026, last: 2026, only: [8]}",
        "2026-08-21", "cutoff 15/07/2026 14/08/2026", "back-from 25 25/08/2026",
        "level-before province 3 21/08/2026", "counts-worked 22/08/2026",
        "level-before district 3 21/08/2026", "level-before commune 5 19/08/2026",
        levels="2026-08-21 2026-08-21 2026-08-19",
        how="Tue 25: back Mon 24, Sat 22 worked, Fri 21, 20, Wed 19"),
    row("month-2026-02-tet-leaves-no-days", "{every: month, first: 2026, last: 2026, only: [2]}",
        "2026-02-23", "cutoff 15/01/2026 14/02/2026", "back-from 25 25/02/2026",
        "level-before province 3 13/02/2026", "passes-over 16/02/2026 – 20/02/2026",
        "not-before-cutoff province 23/02/2026", "level-before district 3 13/02/2026",
        "not-before-cutoff district 23/02/2026", "level-before commune 5 11/02/2026",
        "not-before-cutoff commune 23/02/2026", levels="2026-02-23 2026-02-23 2026-02-23",
        how="Wed 25: back 24, 23, Fri 13, Thu 12, Wed 11: cut off Sat 14, so Mon 23"),
    row("month-2031-01-the-25th-in-tet", "{every: month, first: 2031, last: 2031, only: [1]}",
        "2031-01-15", "cutoff 15/12/2030 14/01/2031", "shifted-back 25/01/2031",
        "back-from 25 20/01/2031",
        "level-before province 3 15/01/2031", "level-before district 3 15/01/2031",
        "level-before commune 5 13/01/2031", "not-before-cutoff commune 15/01/2031",
        "computed 2031", levels="2031-01-15 2031-01-15 2031-01-15",
        how="25 is Tết, so Mon 20: back 17, 16, Wed 15, 14, Mon 13: cut off Tue 14, so Wed 15"),
    row("month-2028-01-the-25th-in-tet", "{every: month, first: 2028, last: 2028, only: [1]}",
        "2028-01-18", "cutoff 15/12/2027 14/01/2028", "shifted-back 25/01/2028",
        "back-from 25 21/01/2028",
        "level-before province 3 18/01/2028", "level-before district 3 18/01/2028",
        "level-before commune 5 14/01/2028", "not-before-cutoff commune 17/01/2028",
        "computed 2028", levels="2028-01-18 2028-01-18 2028-01-17",
        how="25 is Tết, so Fri 21: back 20, 19, Tue 18, 17, Fri 14: the cut-off, so Mon 17"),
    row("month-2029-02", "{every: month, first: 2029, last: 2029, only: [2]}", "2029-02-20",
        "cutoff 15/01/2029 14/02/2029", "shifted-back 25/02/2029",
        "back-from 25 23/02/2029",
        "level-before province 3 20/02/2029", "level-before district 3 20/02/2029",
        "level-before commune 5 09/02/2029", "passes-over 12/02/2029 – 16/02/2029",
        "not-before-cutoff commune 19/02/2029", "computed 2029",
        levels="2029-02-20 2029-02-20 2029-02-19",
        how="Sun 25, so Fri 23: back 22, 21, Tue 20, 19, Fri 9; after the cut-off Mon 19"),
    row("month-2027-04", "{every: month, first: 2027, last: 2027, only: [4]}", "2027-04-20",
        "cutoff 15/03/2027 14/04/2027", "shifted-back 25/04/2027",
        "back-from 25 23/04/2027",
        "level-before province 3 20/04/2027", "level-before district 3 20/04/2027",
        "level-before commune 5 15/04/2027", "passes-over 16/04/2027 Ngày Giỗ Tổ",
        "computed 2027", levels="2027-04-20 2027-04-20 2027-04-15",
        how="Sun 25, so Fri 23: back 22, 21, Tue 20, 19, off 16, Thu 15"),
    row("quarter-2024-q2", "{every: quarter, first: 2024, last: 2024, only: [2]}", "2024-06-20",
        "cutoff 15/03/2024 14/06/2024", "back-from 25 25/06/2024",
        "level-before province 3 20/06/2024", "level-before district 3 20/06/2024",
        "level-before commune 5 18/06/2024", levels="2024-06-20 2024-06-20 2024-06-18",
        how="Tue 25: back Mon 24, Fri 21, Thu 20, 19, Tue 18"),
    row("half-2028-h1", "{every: half, first: 2028, last: 2028, only: [1]}", "2028-06-20",
        "cutoff 15/12/2027 14/06/2028", "shifted-back 25/06/2028",
        "back-from 25 23/06/2028",
        "level-before province 3 20/06/2028", "level-before district 3 20/06/2028",
        "level-before commune 5 16/06/2028", "computed 2028",
        levels="2028-06-20 2028-06-20 2028-06-16", how="Sun 25, so Fri 23: 22, 21, 20, 19, Fri 16"),
    row("nine-months-2024", "{every: nine_months, first: 2024, last: 2024}", "2024-09-20",
        "cutoff 15/12/2023 14/09/2024 kỳ 9 tháng", "back-from 25 25/09/2024",
        "level-before province 3 20/09/2024", "level-before district 3 20/09/2024",
        "level-before commune 5 18/09/2024", levels="2024-09-20 2024-09-20 2024-09-18",
        how="Wed 25: back 24, 23, Fri 20, 19, Wed 18"),
]
REGIMES = [
    row("calendar-month-2026-01", "{every: month, first: 2026, last: 2026, only: [1], "
        "regime: calendar}", "2026-02-06", "cutoff 01/01/2026 31/01/2026",
        "level-after province 5 06/02/2026", "level-after district 5 06/02/2026",
        "level-after commune 3 04/02/2026", levels="2026-02-06 2026-02-06 2026-02-04",
        how="cut off Sat 31: Mon 2, 3, Wed 4, 5, Fri 6"),
    row("calendar-quarter-2025-q2", "{every: quarter, first: 2025, last: 2025, only: [2], "
        "regime: calendar}", "2025-07-07", "cutoff 01/04/2025 30/06/2025",
        "level-after province 5 07/07/2025", "level-after district 5 07/07/2025",
        "level-after commune 3 03/07/2025", levels="2025-07-07 2025-07-07 2025-07-03",
        how="cut off Mon 30: 1, 2, Thu 3, 4, Mon 7"),
    row("calendar-year-2026", "{every: year, first: 2026, last: 2026, regime: calendar}",
        "2027-01-08", "cutoff 01/01/2026 31/12/2026", "level-after province 5 08/01/2027",
        "passes-over 01/01/2027 Tết Dương lịch", "level-after district 5 08/01/2027",
        "level-after commune 3 06/01/2027", "computed 2027",
        levels="2027-01-08 2027-01-08 2027-01-06",
        how="cut off Thu 31: off Fri 1, Mon 4, 5, Wed 6, 7, Fri 8"),
    row("khanh-hoa-month-2024-06", "{every: month, first: 2024, last: 2024, only: [6], "
        "regime: qd01-2023-khanh-hoa}", "2024-06-18", "cutoff 15/05/2024 14/06/2024",
        "level-after province 2 18/06/2024", "level-after district 2 18/06/2024",
        "level-after commune 2 18/06/2024", levels="2024-06-18 2024-06-18 2024-06-18",
        how="cut off Fri 14: Mon 17, Tue 18"),
    row("khanh-hoa-month-2026-02", "{every: month, first: 2026, last: 2026, only: [2], "
        "regime: qd01-2023-khanh-hoa}", "2026-02-24", "cutoff 15/01/2026 14/02/2026",
        "level-after province 2 24/02/2026", "passes-over 16/02/2026 – 20/02/2026",
        "level-after district 2", "level-after commune 2",
        levels="2026-02-24 2026-02-24 2026-02-24", how="cut off Sat 14: Tết, Mon 23, Tue 24"),
    row("khanh-hoa-quarter-2030-q1", "{every: quarter, first: 2030, last: 2030, only: [1], "
        "regime: qd01-2023-khanh-hoa}", "2030-03-18", "cutoff 15/12/2029 14/03/2030",
        "level-after province 2", "level-after district 2", "level-after commune 2",
        "computed 2030", levels="2030-03-18 2030-03-18 2030-03-18",
        how="cut off Thu 14: Fri 15, Mon 18"),
    row("own-day-moved-to-the-next", "{every: month, first: 2024, last: 2024, only: [6], "
        "regime: tinh}", "2024-06-24", "cutoff 15/05/2024 14/06/2024",
        "level-on-day province 22/06/2024", "shifted 22/06/2024 Thứ Bảy 24/06/2024",
        "level-on-day commune 20/06/2024", levels="2024-06-24 - 2024-06-20",
        own=own("province: {on_day: 22}, commune: {on_day: 20}"), how="Sat 22, so Mon 24; Thu 20"),
    row("own-day-moved-to-the-one-before", "{every: month, first: 2024, last: 2024, only: [6], "
        "regime: tinh}", "2024-06-21", "cutoff 15/05/2024 14/06/2024",
        "level-on-day province 22/06/2024", "shifted-back 22/06/2024 Thứ Bảy 21/06/2024",
        "level-on-day commune 20/06/2024", levels="2024-06-21 - 2024-06-20",
        own=own("province: {on_day: 22}, commune: {on_day: 20}", "previous"),
        how="Sat 22, so Fri 21; Thu 20"),
    row("own-day-moved-before-the-cutoff", "{every: month, first: 2026, last: 2026, only: [2], "
        "regime: tinh}", "2026-02-23", "cutoff 15/01/2026 14/02/2026",
        "level-on-day province 20/02/2026",
        "shifted-back 20/02/2026 Mùng bốn Tết Nguyên Đán",
        "not-before-cutoff province 23/02/2026", levels="2026-02-23 - -",
        own=own("province: {on_day: 20}", "previous"),
        how="Fri 20 is Tết, so Fri 13: before the cut-off of Sat 14, so Mon 23"),
    row("own-day-before-the-cutoff", "{every: month, first: 2024, last: 2024, only: [6], "
        "regime: tinh}", "2024-06-17", "cutoff 15/05/2024 14/06/2024",
        "level-on-day province 10/06/2024", "not-before-cutoff province 17/06/2024",
        levels="2024-06-17 - -", own=own("province: {on_day: 10}"), how="cut off Fri 14, Mon 17"),
    row("own-month-end-after-the-25th", "{every: month, first: 2024, last: 2024, only: [6], "
        "regime: tinh}", "2024-07-01", "cutoff 01/06/2024 30/06/2024", "back-from 25 25/06/2024",
        "level-before province 3 20/06/2024", "not-before-cutoff province 01/07/2024",
        levels="2024-07-01 - -", own=own("province: {before_province: 3}", cutoff="null"),
        how="cut off Sun 30, Mon 1/7"),
    row("own-back-onto-a-worked-saturday", "{every: month, first: 2026, last: 2026, only: [8], "
        "regime: tinh}", "2026-08-22", "cutoff 15/07/2026 14/08/2026", "back-from 25 25/08/2026",
        "level-before province 2 22/08/2026", "counts-worked 22/08/2026",
        levels="2026-08-22 - -", own=own("province: {before_province: 2}"),
        how="Tue 25: back Mon 24, Sat 22 worked"),
]
# fmt: on


ROWS = [*TET, *SWAPS, *HOLIDAYS, *MONTH_ENDS, *WITHIN, *BACK, *REGIMES]


class TestDatesByHand:
    @pytest.mark.parametrize("case", ROWS, ids=lambda case: case.name)
    def test_fall_as_counted_on_paper(self, case: Row) -> None:
        found = planned(case)
        assert found.due == date.fromisoformat(case.due)
        assert found.by_level == by_level(case.levels)

    @pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ROWS])
    def test_say_which_rules_led_to_them(self, case: Row) -> None:
        told = planned(case).reason[1:-1]  # between the words quoted and the closing
        assert [step.rule for step in told] == [part.split()[0] for part in case.reason]
        for step, part in zip(told, case.reason, strict=True):
            assert " ".join([step.rule, *dict(step.values).values()]).startswith(part)


def planned(case: Row) -> PlannedRound:
    """The one round of a row."""
    file = directive(issued=case.issued, rounds=a_round(when=case.when), report_regimes=case.own)
    (found,) = timetable(file, vietnam()).rounds
    return found


def by_level(levels: str) -> dict[Level, date]:
    """The days of the levels; "-" where one has none."""
    days = zip(Level, levels.split(), strict=True)
    return {level: date.fromisoformat(day) for level, day in days if day != "-"}
