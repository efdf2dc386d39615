"""A row of every table that the database takes, and the words to make a second one of each."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from models.tables import METADATA
from tests.tasks.office import at

Row = dict[str, Any]

NOW = at(2024, 3, 1)
DAY = date(2024, 3, 1)

FIRST: dict[str, Row] = {
    "unit": {
        "id": 1, "province": "Thử", "code": "so-a", "name": "Sở A", "search": "so a",
        "kind": "department", "level": "province", "parent_id": None, "begins": None,
        "ends": None, "links_revoked": 0,
    },
    "account": {
        "id": 1, "login": "vt", "name": "Văn thư", "role": "overseer", "unit_id": 1,
        "password": "$argon2id$", "made_at": NOW, "disabled_at": None,
    },
    "sign_in": {
        "id": 1, "account_id": 1, "digest": "0", "began_at": NOW, "expires_at": NOW,
        "ended_at": None,
    },
    "pulse": {
        "name": "delivery", "at": NOW, "failed_at": None, "problem": "", "tried_at": NOW,
    },
    "attempts": {"name": "vt", "failed": 1, "until": NOW},
    "activity": {
        "id": 1, "at": NOW, "by": "Văn thư", "deed": "answered", "account_id": None, "unit_id": 1,
        "directive_id": None, "obligation_id": None, "about": "", "before": None, "after": None,
    },
    "unit_name": {"id": 1, "unit_id": 1, "name": "Sở A", "key": "so a"},
    "succession": {"id": 1, "unit_id": 1, "successor_id": 2, "day": DAY,
        "kind": "merge", "rule": "NQ 1"},
    "contact": {
        "id": 1, "unit_id": 1, "role": "clerk", "name": "Văn thư", "email": "a@a.example",
        "telephone": "0", "bounced_at": None, "bounce": None,
    },
    "unit_group": {"id": 1, "province": "Thử", "phrase": "Các sở", "key": "cac so"},
    "group_member": {"id": 1, "group_id": 1, "unit_id": 1, "begins": None, "ends": None},
    "directive": {
        "id": 1, "code": "kl-1", "symbol": "1-KL/TU", "kind": "KL", "regime": "party",
        "issuer": "Tỉnh ủy", "province": "Thử", "issued": DAY, "subject": "thử", "search": "thu",
        "registered_at": NOW, "file": {},
    },
    "directive_draft": {
        "id": 1, "name": "53.yaml", "text": "code: x", "confirmed": {}, "uploaded_at": NOW,
        "uploaded_by": "Văn thư", "issued_at": None, "directive_id": None,
    },
    "citation": {
        "id": 1, "directive_id": 1, "number": 1, "symbol": None, "title": "Luật", "issued": None,
        "relation": "basis",
    },
    "target": {
        "id": 1, "directive_id": 1, "number": "1", "indicator": "tỷ lệ", "operator": ">=",
        "value": 95.0, "unit": "%", "frequency": None, "deadline": None,
    },
    "measure": {"id": 1, "directive_id": 1, "number": "1", "parent_id": None, "text": "làm"},
    "norm": {"id": 1, "directive_id": 1, "number": "1", "rule": "must_not", "text": "không"},
    "assignment": {
        "id": 1, "directive_id": 1, "code": "A1", "unit_id": 1, "measure_id": None,
        "role": "lead", "binding": True, "text": "giao",
    },
    "phase": {
        "id": 1, "directive_id": 1, "number": 1, "first_year": 2024, "last_year": 2026,
        "preliminary_review": None, "final_review": None,
    },
    "recipient": {"id": 1, "directive_id": 1, "number": 1, "name": "Lưu VT", "purpose": None},
    "question": {
        "id": 1, "directive_id": 1, "code": "han", "asks": "Ngày nào?", "proposed": {},
        "confirmed_by": None, "confirmed_at": None,
    },
    "indicator": {
        "id": 1, "directive_id": 1, "code": "so-cuoc", "label": "Số cuộc", "kind": "count",
        "unit": None, "target_id": None, "required": True, "basis": "period", "choices": None,
        "part_of_id": None, "adds_up": False, "standard": None, "points": None,
    },
    "round": {
        "id": 1, "directive_id": 1, "code": "dot-1", "series": "dot", "stage": "reporting",
        "review": None, "title": "Báo cáo", "asks": "Gửi.", "overseer_id": None,
        "period_start": None, "cutoff": None, "opens": DAY, "due": DAY, "closes": DAY,
        "by_level": {}, "ladder": None, "reason": [], "binding": True, "opened_at": NOW,
        "closed_at": NOW, "needs_head": False, "outline": [], "checks": [],
        "with_subordinates": False,
    },
    "round_indicator": {"round_id": 1, "indicator_id": 1, "position": 0, "title": ""},
    "obligation": {
        "id": 1, "round_id": 1, "unit_id": 1, "code": "kl-1/dot-1/so-a", "due": DAY,
        "opened_at": NOW, "urged_from": DAY, "answered_at": None, "ended_at": None,
        "ending": None, "reason": [], "links_revoked": 0,
    },
    "handover": {"id": 1, "from_id": 1, "to_id": 1, "day": DAY, "rule": "NQ 1"},
    "relief": {
        "id": 1, "obligation_id": 1, "kind": "extension", "reason": "thiếu người", "before": DAY,
        "until": DAY, "sender": "văn thư", "asked_at": NOW, "decided_at": NOW,
        "decided_by": "Chánh Văn phòng", "granted": True, "words": None,
    },
    "day_off": {"id": 1, "day": DAY, "kind": "off", "reason": "bão", "source": "Công điện 1"},
    "submission": {
        "id": 1, "obligation_id": 1, "version": 1, "kind": "report", "verdict": "accepted",
        "received_at": NOW, "sender": "văn thư", "payload": {}, "faults": [],
        "channel": "page", "reason": None, "taken_from_id": None,
    },
    "draft": {"id": 1, "obligation_id": 1, "fields": {}, "saved_at": NOW},
    "evidence": {
        "id": 1, "obligation_id": 1, "submission_id": 1, "name": "qd.pdf",
        "media": "application/pdf", "size": 1, "sha256": "0" * 64, "added_at": NOW,
    },
    "appraisal": {
        "id": 1, "submission_id": 1, "found": "returned", "quality": None, "words": "thiếu",
        "before": DAY, "at": NOW, "by": "Chánh Văn phòng",
    },
    "approval": {
        "id": 1, "submission_id": 1, "asked_at": NOW, "digest": "0", "expires_at": NOW, "tries": 0,
        "approved_at": None, "approved_by": None,
    },
    "indicator_value": {
        "submission_id": 1, "indicator_id": 1, "number": None, "numerator": 3.0,
        "denominator": 4.0, "yes": None, "text": None, "day": None, "choice": None,
    },
    "panel_score": {
        "id": 1, "obligation_id": 1, "indicator_id": 1, "points": 8.5, "words": None, "at": NOW,
        "by": "Hội đồng",
    },
    "summary": {
        "id": 1, "round_id": 1, "version": 1, "frozen_at": NOW, "figures": {}, "markdown": "#",
        "html": "<p>", "sha256": "0" * 64, "annex": {}, "words": {}, "number": "12/BC-TTr",
        "signed_at": NOW, "signed_by": "Văn thư",
    },
    "paper": {
        "id": 1, "summary_id": 1, "kind": "docx", "name": "bao-cao.docx", "size": 1,
        "sha256": "0" * 64,
    },
    "word_template": {
        "id": 1, "name": "summary-state", "sha256": "0" * 64, "size": 1, "added_at": NOW,
        "added_by": "Văn thư",
    },
    "message": {
        "id": 1, "key": "k1", "reference": "0" * 32, "purpose": "open", "unit_id": 1,
        "directive_id": None, "obligation_id": None, "to_name": "Sở A", "to_email": "a@a.example",
        "template": "reporting", "context": {}, "state": "queued", "queued_at": NOW,
        "next_at": NOW, "expires_at": NOW, "attempts": 0, "sent_at": None, "outcome": None,
    },
    "received": {
        "id": 1, "key": "r1", "kind": "reply", "received_at": NOW, "sender": "a@a.example",
        "subject": "Trả lời", "text": "Đã nhận.", "attachments": [], "message_id": None,
        "obligation_id": None, "unit_id": None, "status": None, "settled_at": None,
        "settled_by": None,
    },
    "stoppage": {"relay": "a.example:587", "since": NOW, "until": NOW, "times": 1, "words": "535"},
    "allowance": {"name": "*", "tokens": 1.0, "as_of": NOW},
    "reminder": {
        "id": 1, "obligation_id": 1, "due": DAY, "step": "due", "days": 0, "purpose": "reminder",
        "addressee": "clerk", "day": DAY, "message_id": None,
    },
}  # fmt: skip

# what differs in a second row of the table, so that the database takes it beside the first
_SECOND: dict[str, Row] = {
    "unit": {"code": "so-b"},
    "account": {"login": "vt2"},
    "sign_in": {"digest": "1"},
    "attempts": {"name": "vt2"},
    "pulse": {"name": "inbox"},
    "activity": {},
    "directive_draft": {},
    "unit_name": {"key": "so a cu"},
    "succession": {"unit_id": 2, "successor_id": 1},
    "contact": {"role": "head"},
    "unit_group": {"key": "cac ban"},
    "group_member": {"unit_id": 2},
    "directive": {"code": "kl-2"},
    "citation": {"number": 2},
    "target": {"number": "2"},
    "measure": {"number": "2"},
    "norm": {"number": "2"},
    "assignment": {"unit_id": 2},
    "phase": {"number": 2},
    "recipient": {"number": 2},
    "question": {"code": "ai"},
    "indicator": {"code": "ty-le"},
    "round": {"code": "dot-2"},
    "round_indicator": {"indicator_id": 2},
    "obligation": {"unit_id": 2, "code": "kl-1/dot-1/so-b"},
    "handover": {"to_id": 2},
    "relief": {},
    "day_off": {"kind": "decided"},
    "submission": {"version": 2},
    "draft": {"obligation_id": 2},
    "evidence": {},
    "appraisal": {},
    "approval": {"submission_id": 2},
    "indicator_value": {"submission_id": 2},
    "panel_score": {},
    "summary": {"version": 2},
    "paper": {"kind": "pdf"},
    "word_template": {},
    "message": {"key": "k2", "reference": "1" * 32},
    "received": {"key": "r2"},
    "stoppage": {"relay": "b.example:587"},
    "allowance": {"name": "b.example"},
    "reminder": {"step": "overdue-1"},
}
SECOND = {
    name: {**FIRST[name], **({"id": 2} if "id" in FIRST[name] else {}), **changed}
    for name, changed in _SECOND.items()
}


# the chain of the history and what is noted for it: written by `models.audit_chain` alone
CHAIN = frozenset({"audit_entry", "audit_touched"})


def table(name: str) -> sa.Table:
    return METADATA.tables[name]


def fill(connection: sa.Connection) -> None:
    """The first row of every table, and the second of those that others refer to."""
    connection.execute(sa.insert(table("unit")), [FIRST["unit"], SECOND["unit"]])
    for found in METADATA.sorted_tables:
        if found.name in FIRST.keys() - {"unit"}:
            connection.execute(sa.insert(found), FIRST[found.name])
