"""The formal công văn đôn đốc: its words, and the Word file for signature. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from models.vietnamese import show_date
from models.words import Regime, Stage
from tasks.issuing import Issuer
from tasks.word_file import Column, add_table, as_bytes, new_document
from tasks.word_form import (
    BLANK,
    FORMS,
    Heading,
    Signature,
    add_addressees,
    add_appendix,
    add_heading,
    add_signature,
    add_text,
    long_date,
)

NAMED = 6  # so many bodies are addressed by name; more are "those in the appendix"
LONG_OVERDUE = 10  # days
DAYS_LISTED = 6  # of reminders in the text; the appendix has them all

COLUMNS = (
    Column("TT", 10, centred=True),
    Column("Cơ quan, đơn vị", 39),
    Column("Nội dung phải gửi", 39),
    Column("Hạn", 23, centred=True),
    Column("Số ngày quá hạn", 18, centred=True),
    Column("Các lần đã đôn đốc", 31, centred=True),
)
URGED = {
    Stage.DISSEMINATION: "xác nhận tiếp nhận, quán triệt",
    Stage.PLANNING: "gửi văn bản triển khai thực hiện",
    Stage.EXECUTION: "gửi kết quả thực hiện",
    Stage.REPORTING: "gửi báo cáo thực hiện",
}
URGED_TOGETHER = "gửi báo cáo, kết quả thực hiện"
BODIES = {Regime.STATE: "cơ quan, đơn vị", Regime.PARTY: "cấp ủy, cơ quan, đơn vị"}
HEADS = {
    Regime.STATE: "thủ trưởng các cơ quan, đơn vị",
    Regime.PARTY: "cấp ủy, thủ trưởng các cơ quan, đơn vị",
}


@dataclass(frozen=True)
class LateItem:
    """What one body has not sent: due when, how many days late, and the days it was reminded."""

    unit: str
    asked: str
    stage: Stage
    due: date
    days: int
    reminded: tuple[date, ...]


@dataclass(frozen=True)
class Cited:
    """The directive as the text cites it: first in full, then by kind and symbol, then by kind."""

    full: str
    short: str
    kind: str


@dataclass(frozen=True)
class Letter:
    """A letter that urges everybody late with one directive; `late` has at least one item."""

    issuer: Issuer
    directive: Cited
    day: date
    answer_by: date
    late: tuple[LateItem, ...]

    @property
    def bodies(self) -> list[str]:
        """Who is late, each once."""
        return list(dict.fromkeys(item.unit for item in self.late))

    @property
    def urged(self) -> str:
        """What they are urged to do, followed by the directive's name."""
        stages = {item.stage for item in self.late}
        return URGED[stages.pop()] if len(stages) == 1 else URGED_TOGETHER


def write(letter: Letter) -> bytes:
    """The letter as a .docx, in the form of its issuer's regime."""
    issuer, form = letter.issuer, FORMS[letter.issuer.regime]
    document = new_document(issuer.name, subject(letter), letter.day)
    add_heading(document, form, _heading(letter))
    add_addressees(document, form, addressees(letter))
    add_text(document, form, paragraphs(letter))
    add_signature(document, form, Signature(_copies(issuer), issuer.capacity))
    add_appendix(document, _listing(letter), _belongs_to(letter))
    add_table(document, COLUMNS, rows(letter.late))
    return as_bytes(document)


def _heading(letter: Letter) -> Heading:
    issuer = letter.issuer
    return Heading(
        superior=issuer.superior,
        body=issuer.heading,
        number=number(issuer),
        subject=subject(letter),
        place_and_date=f"{issuer.place}, {long_date(letter.day)}",
    )


def number(issuer: Issuer) -> str:
    """Number and symbol: the number is left to the clerk, and what else is not known."""
    tail = issuer.symbol or "…"
    if issuer.regime is Regime.PARTY:
        return f"Số{BLANK}-CV/{tail}"
    return f"Số:{BLANK}/{tail}-…"


def subject(letter: Letter) -> str:
    """What the letter is about, without its opening; no line is broken within "Kế hoạch"."""
    kind = letter.directive.kind
    short = letter.directive.short.replace(kind, kind.replace(" ", "\u00a0"))
    return f"đôn đốc {letter.urged} {short}"


def addressees(letter: Letter) -> list[str]:
    """Who is written to: by name where they are few, else as those in the appendix."""
    if len(letter.bodies) <= NAMED:
        return letter.bodies
    bodies = BODIES[letter.issuer.regime]
    return [f"Các {bodies} có tên trong Phụ lục kèm theo"]


def paragraphs(letter: Letter) -> list[str]:
    """The text: ground, fact, request, close; without the mark at its end."""
    name, regime = letter.issuer.name, letter.issuer.regime
    return [
        f"Thực hiện {letter.directive.full}, {_urging_so_far(letter)}.",
        f"Tính đến hết {long_date(letter.day)}, {_count(letter)} (danh sách tại Phụ lục kèm theo).",
        f"{name} đề nghị {HEADS[regime]} có tên trong Phụ lục chỉ đạo khẩn trương hoàn thành, gửi "
        f"về {name} chậm nhất {long_date(letter.answer_by)}; đồng thời giải trình rõ nguyên nhân "
        "chậm.",
        f"Đề nghị các {BODIES[regime]} nghiêm túc thực hiện",
    ]


def _urging_so_far(letter: Letter) -> str:
    """What was done before this letter. It names no sender: mails go out for whoever oversees."""
    bodies, what = BODIES[letter.issuer.regime], f"{letter.urged} {letter.directive.kind}"
    days = sorted({day for item in letter.late for day in item.reminded})
    if not days:
        return f"{letter.issuer.name} theo dõi việc {what} của các {bodies}"
    when = f"các ngày {listed(days)}" if len(days) > 1 else f"ngày {listed(days)}"
    if len(days) > DAYS_LISTED:
        when = f"{len(days)} lần, gần nhất ngày {show_date(days[-1])}"
    return f"các {bodies} đã được đôn đốc {what} bằng thư điện tử {when}"


def listed(days: Sequence[date]) -> str:
    """Days as a clerk writes them, month by month: "11, 17/12/2024; 03/01/2025"."""
    months = groupby(days, key=lambda day: f"{day:/%m/%Y}")
    return "; ".join(", ".join(f"{d.day:02}" for d in found) + month for month, found in months)


def _count(letter: Letter) -> str:
    bodies = BODIES[letter.issuer.regime]
    long_late = {item.unit for item in letter.late if item.days > LONG_OVERDUE}
    some, all_ = len(long_late), len(letter.bodies)
    found = f"còn {all_:02} {bodies} chưa {letter.urged} {letter.directive.kind}"
    which = "đều" if some == all_ else f"trong đó {some:02} {bodies}"
    return f"{found}, {which} quá hạn trên {LONG_OVERDUE} ngày" if some else found


def _copies(issuer: Issuer) -> list[str]:
    kept = "Lưu VT" if issuer.regime is Regime.PARTY else "Lưu: VT"
    above = [f"{issuer.reports_to} (để báo cáo)"] if issuer.reports_to else []
    return ["Như trên", *above, kept]


def _listing(letter: Letter) -> str:
    bodies = BODIES[letter.issuer.regime]
    return f"Danh sách {bodies} chưa {letter.urged} {letter.directive.short}"


def _belongs_to(letter: Letter) -> str:
    """The note under the appendix's title; the number is written when the letter gets it."""
    issuer = letter.issuer
    kind = "Công văn" if issuer.regime is Regime.PARTY else "Văn bản"
    mark = number(issuer).replace("Số:", "số").replace("Số", "số")
    return f"Kèm theo {kind} {mark} {long_date(letter.day)} của {issuer.name}"


def rows(late: Sequence[LateItem]) -> list[tuple[str, ...]]:
    """The rows of the appendix."""
    return [
        (
            str(at),
            item.unit,
            item.asked,
            show_date(item.due),
            str(item.days),
            listed(item.reminded) or "—",
        )
        for at, item in enumerate(late, 1)
    ]
