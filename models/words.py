"""The project's words as enumerations; DESIGN's table of words is their source.

Values are what stands in files and tables. `label` gives what a person reads.
"""

from enum import StrEnum

from models.i18n import N_, gettext, vi


class Kind(StrEnum):
    """Type of document, by the code its symbol carries."""

    CONCLUSION = "KL"
    PLAN = "KH"
    LETTER = "CV"
    DIRECTIVE = "CT"
    RESOLUTION = "NQ"
    DECISION = "QĐ"
    REGULATION = "QyĐ"
    LAW = "Luật"
    CODE = "Bộ quy tắc"
    SCHEME = "Đề án"


class Regime(StrEnum):
    PARTY = "party"
    STATE = "state"


class Role(StrEnum):
    """What an assignment asks of a body (chủ trì, phối hợp, thực hiện …)."""

    LEAD = "lead"
    COORDINATE = "coordinate"
    IMPLEMENT = "implement"
    OVERSEE = "oversee"
    CONSOLIDATE = "consolidate"
    ADVISE = "advise"
    DIRECT = "direct"
    GUIDE = "guide"
    REQUEST = "request"


class Stage(StrEnum):
    """The part of a directive's life a round belongs to."""

    DISSEMINATION = "dissemination"
    PLANNING = "planning"
    EXECUTION = "execution"
    REPORTING = "reporting"


class Review(StrEnum):
    """Sơ kết or tổng kết: the review a reporting round serves."""

    PRELIMINARY = "preliminary"
    FINAL = "final"


class Relation(StrEnum):
    """How a directive stands to a document it cites."""

    BASIS = "basis"
    IMPLEMENTS = "implements"
    LINKED = "linked"
    UNDER = "under"
    ON_THE_GROUND_OF = "on_the_ground_of"
    URGES = "urges"
    STUDIES = "studies"


class Every(StrEnum):
    """A period of reporting."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    NINE_MONTHS = "nine_months"
    YEAR = "year"


class UnitKind(StrEnum):
    PARTY_COMMITTEE = "party-committee"
    PARTY_AGENCY = "party-agency"
    PARTY_GROUP = "party-group"
    DEPARTMENT = "department"
    PEOPLE_COMMITTEE = "people-committee"
    COUNCIL = "council"
    FRONT = "front"
    AGENCY = "agency"
    PRESS = "press"
    SCHOOL = "school"
    ENTERPRISE = "enterprise"
    STEERING_COMMITTEE = "steering-committee"


class Level(StrEnum):
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class NormRule(StrEnum):
    """What a norm says of conduct: to do, not to do, an example set by heads."""

    MUST = "must"
    MUST_NOT = "must_not"
    HEAD = "head"


class Operator(StrEnum):
    """How a target's result is compared with its value."""

    AT_LEAST = ">="
    EQUAL = "="
    AT_MOST = "<="


class IndicatorKind(StrEnum):
    COUNT = "count"
    RATIO = "ratio"
    YES_NO = "yes_no"
    MONEY = "money"
    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"
    SCORE = "score"


class Basis(StrEnum):
    """Whether a figure is of its period alone, or runs on: from the beginning, or of a year."""

    PERIOD = "period"
    CUMULATIVE = "cumulative"
    YEAR = "year"

    @property
    def runs_on(self) -> bool:
        """Whether the figure of a period holds those of the periods before."""
        return self is not Basis.PERIOD


class Since(StrEnum):
    """Which earlier figure one is compared with."""

    LAST_PERIOD = "last_period"
    LAST_YEAR = "last_year"


class ReportPart(StrEnum):
    """A part of the provincial summary, in which sections of the units' reports are quoted."""

    SITUATION = "situation"
    RESULTS = "results"
    LIMITATIONS = "limitations"
    CAUSES = "causes"
    PROPOSALS = "proposals"
    LESSONS = "lessons"


class PaperKind(StrEnum):
    """A file of a summary; the value is what its name ends with."""

    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"
    XLSX = "xlsx"


class SubmissionKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    ACTION_PLAN = "action_plan"
    PROGRESS = "progress"
    REPORT = "report"
    DECLINE = "decline"


class SuccessionKind(StrEnum):
    """How a unit's life ended: without a successor, or in which others it lives on."""

    END = "end"
    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"


class Ending(StrEnum):
    """Why nobody is urged for an obligation any more, though it was not answered."""

    DECLINED = "declined"
    WAIVED = "waived"
    PASSED_ON = "passed_on"
    LAPSED = "lapsed"
    CLOSED = "closed"


class ReliefKind(StrEnum):
    """What a unit asks the secretariat for: more time, or to be let off."""

    EXTENSION = "extension"
    WAIVER = "waiver"


class Verdict(StrEnum):
    """What became of a submission when it came in."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Channel(StrEnum):
    """The way a submission came in."""

    PAGE = "page"
    WORKBOOK = "workbook"
    REPLY = "reply"
    COMMAND = "command"
    API = "api"


class Appraised(StrEnum):
    """What the secretariat found of a submission: it stands, or it is given back to be mended."""

    ACCEPTED = "accepted"
    RETURNED = "returned"


class Quality(StrEnum):
    """The mark an accepted submission gets."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class ContactRole(StrEnum):
    CLERK = "clerk"
    HEAD = "head"


class AccountRole(StrEnum):
    """What a person with an account may do; `portal.access` says where."""

    SECRETARIAT = "secretariat"
    OVERSEER = "overseer"
    UNIT_HEAD = "unit_head"
    READER = "reader"
    OPERATOR = "operator"


class Deed(StrEnum):
    """What somebody did, for the activity history."""

    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    OPENED = "opened"
    CLOSED = "closed"
    ANSWERED = "answered"
    REFUSED = "refused"
    APPRAISED = "appraised"
    APPROVED = "approved"
    ASKED = "asked"
    DECIDED = "decided"
    REMINDED = "reminded"
    CORRECTED = "corrected"
    RESENT = "resent"
    SETTLED = "settled"
    SUCCEEDED = "succeeded"
    PASSED_ON = "passed_on"
    IMPORTED = "imported"
    REVOKED = "revoked"
    ACCOUNT = "account"
    SUMMARISED = "summarised"
    SIGNED = "signed"
    SCORED = "scored"
    TEMPLATE = "template"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    ACCEPTED = "accepted"
    URGED = "urged"
    RECEIVED = "received"
    ATTACHED = "attached"
    LEFT_OUT = "left_out"
    DRAFTED = "drafted"
    TOKEN = "token"  # noqa: S105
    WEBHOOK = "webhook"
    RESTORED = "restored"
    RELEASED = "released"


class Scope(StrEnum):
    """What another system may do with its token; `portal.api_access` says where."""

    READ = "read"
    SUBMISSIONS_WRITE = "submissions:write"
    UNITS_WRITE = "units:write"
    DIRECTIVES_WRITE = "directives:write"
    WEBHOOKS = "webhooks"


class WebhookEvent(StrEnum):
    """What other systems are told of; `tasks.webhook_outbox` says of which deeds."""

    DIRECTIVE_REGISTERED = "directive.registered"
    DIRECTIVE_CONFIRMED = "directive.confirmed"
    ROUND_OPENED = "round.opened"
    ROUND_CLOSED = "round.closed"
    SUBMISSION_RECEIVED = "submission.received"
    SUBMISSION_REFUSED = "submission.refused"
    SUBMISSION_APPROVED = "submission.approved"
    SUBMISSION_APPRAISED = "submission.appraised"
    OBLIGATION_CHANGED = "obligation.changed"
    SUMMARY_DRAWN_UP = "summary.drawn_up"
    SUMMARY_SIGNED = "summary.signed"
    UNIT_CHANGED = "unit.changed"


class Part(StrEnum):
    """What runs again and again, and whose last time is watched."""

    DELIVERY = "delivery"
    INBOX = "inbox"
    REMINDERS = "reminders"
    RECONCILE = "reconcile"
    BACKUP = "backup"
    ALERTS = "alerts"
    WEBHOOKS = "webhooks"


class Health(StrEnum):
    """How something is that is watched: `ill` is what the operator is mailed about."""

    OK = "ok"
    WARN = "warn"
    ILL = "ill"


class Watched(StrEnum):
    """What is watched of the running program."""

    DATABASE = "database"
    PARTS = "parts"
    TIMERS = "timers"
    RECONCILE = "reconcile"
    DELIVERY = "delivery"
    RELAY = "relay"
    MAILS = "mails"
    INBOX = "inbox"
    REMINDERS = "reminders"
    WEBHOOKS = "webhooks"
    BACKUP = "backup"
    ALERTS = "alerts"
    AUDIT = "audit"
    DISK = "disk"
    BACKUP_DISK = "backup_disk"
    CLOCK = "clock"


class PartState(StrEnum):
    """What a part of `dondoc up` does; waiting: it died, and is started again in a moment."""

    RUNNING = "running"
    STARTING = "starting"
    WAITING = "waiting"
    STOPPED = "stopped"


class Purpose(StrEnum):
    """Why a mail is sent."""

    OPEN = "open"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    RECEIPT = "receipt"
    REFUSAL = "refusal"
    DECISION = "decision"
    RETURN = "return"
    APPROVAL = "approval"


URGING = (Purpose.REMINDER, Purpose.ESCALATION)


class MessageState(StrEnum):
    """Where a mail stands in the outbox; bounced: taken by the relay, returned by a later one."""

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    BOUNCED = "bounced"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


class ReceivedKind(StrEnum):
    """What came into the mailbox: a mail returned or held up, a machine's answer, a person's."""

    BOUNCE = "bounce"
    DELAY = "delay"
    AUTOMATIC = "automatic"
    REPLY = "reply"


class Handled(StrEnum):
    """Why a mail that did not arrive needs nobody's care any more."""

    OVER = "over"
    TOLD = "told"
    SETTLED = "settled"


class Status(StrEnum):
    """Where an obligation stands; derived by `models.status`, never stored."""

    OPEN = "open"
    NEARLY_DUE = "nearly_due"
    OVERDUE = "overdue"
    LONG_OVERDUE = "long_overdue"
    ON_TIME = "on_time"
    LATE = "late"
    DECLINED = "declined"
    WAIVED = "waived"
    PASSED_ON = "passed_on"
    LAPSED = "lapsed"


STAGE_KIND = {
    Stage.DISSEMINATION: SubmissionKind.ACKNOWLEDGEMENT,
    Stage.PLANNING: SubmissionKind.ACTION_PLAN,
    Stage.EXECUTION: SubmissionKind.PROGRESS,
    Stage.REPORTING: SubmissionKind.REPORT,
}

# words of two enumerations may share a value ("open"), so the key is the pair of type and value
_WORDS: tuple[tuple[StrEnum, str], ...] = (
    (Kind.CONCLUSION, N_("Conclusion")),
    (Kind.PLAN, N_("Plan")),
    (Kind.LETTER, N_("Official letter")),
    (Kind.DIRECTIVE, N_("Directive")),
    (Kind.RESOLUTION, N_("Resolution")),
    (Kind.DECISION, N_("Decision")),
    (Kind.REGULATION, N_("Regulation")),
    (Kind.LAW, N_("Law")),
    (Kind.CODE, N_("Code of conduct")),
    (Kind.SCHEME, N_("Scheme")),
    (Regime.PARTY, N_("Party regime")),
    (Regime.STATE, N_("State regime")),
    (Role.LEAD, N_("lead")),
    (Role.COORDINATE, N_("coordinate")),
    (Role.IMPLEMENT, N_("implement")),
    (Role.OVERSEE, N_("oversee and urge")),
    (Role.CONSOLIDATE, N_("follow and consolidate")),
    (Role.ADVISE, N_("advise")),
    (Role.DIRECT, N_("lead and direct")),
    (Role.GUIDE, N_("direct and guide")),
    (Role.REQUEST, N_("request (not binding)")),
    (Stage.DISSEMINATION, N_("Dissemination")),
    (Stage.PLANNING, N_("Action planning")),
    (Stage.EXECUTION, N_("Execution")),
    (Stage.REPORTING, N_("Reporting")),
    (Review.PRELIMINARY, N_("Preliminary review")),
    (Review.FINAL, N_("Final review")),
    (Relation.BASIS, N_("on the basis of")),
    (Relation.IMPLEMENTS, N_("implements")),
    (Relation.LINKED, N_("linked with")),
    (Relation.UNDER, N_("under")),
    (Relation.ON_THE_GROUND_OF, N_("on the ground of")),
    (Relation.URGES, N_("urges the implementation of")),
    (Relation.STUDIES, N_("studies and implements")),
    (Every.MONTH, N_("every month")),
    (Every.QUARTER, N_("every quarter")),
    (Every.HALF, N_("every half-year")),
    (Every.NINE_MONTHS, N_("nine months")),
    (Every.YEAR, N_("every year")),
    (Status.OPEN, N_("Open")),
    (Status.NEARLY_DUE, N_("Nearly due")),
    (Status.OVERDUE, N_("Overdue")),
    (Status.LONG_OVERDUE, N_("Long overdue")),
    (Status.ON_TIME, N_("Answered in time")),
    (Status.LATE, N_("Answered late")),
    (Status.DECLINED, N_("Declined")),
    (Status.WAIVED, N_("Waived")),
    (Status.PASSED_ON, N_("Passed on")),
    (Status.LAPSED, N_("Lapsed")),
    (Level.PROVINCE, N_("Bodies of the province")),
    (Level.DISTRICT, N_("Districts")),
    (Level.COMMUNE, N_("Communes")),
    (UnitKind.PARTY_COMMITTEE, N_("Party committees")),
    (UnitKind.PARTY_AGENCY, N_("Party agencies")),
    (UnitKind.PARTY_GROUP, N_("Party groups")),
    (UnitKind.DEPARTMENT, N_("Departments")),
    (UnitKind.PEOPLE_COMMITTEE, N_("People's committees")),
    (UnitKind.COUNCIL, N_("People's councils")),
    (UnitKind.FRONT, N_("Fatherland Front and mass organisations")),
    (UnitKind.AGENCY, N_("Other agencies")),
    (UnitKind.PRESS, N_("Press agencies")),
    (UnitKind.SCHOOL, N_("Schools")),
    (UnitKind.ENTERPRISE, N_("Enterprises")),
    (UnitKind.STEERING_COMMITTEE, N_("Steering committees")),
    (SuccessionKind.END, N_("ended")),
    (SuccessionKind.MERGE, N_("merged")),
    (SuccessionKind.SPLIT, N_("split")),
    (SuccessionKind.RENAME, N_("renamed")),
    (ReliefKind.EXTENSION, N_("extension")),
    (ReliefKind.WAIVER, N_("waiver")),
    (MessageState.QUEUED, N_("queued")),
    (MessageState.LEASED, N_("being sent")),
    (MessageState.SENT, N_("sent")),
    (MessageState.BOUNCED, N_("returned as undeliverable")),
    (MessageState.RETRY, N_("to be retried")),
    (MessageState.FAILED, N_("failed")),
    (MessageState.UNKNOWN, N_("unknown")),
    (MessageState.DROPPED, N_("not sent: no longer due")),
    (ReceivedKind.BOUNCE, N_("returned mail")),
    (ReceivedKind.DELAY, N_("notice of delay")),
    (ReceivedKind.AUTOMATIC, N_("automatic answer")),
    (ReceivedKind.REPLY, N_("reply")),
    (Handled.OVER, N_("answered or over since")),
    (Handled.TOLD, N_("a later mail arrived")),
    (Handled.SETTLED, N_("settled by the secretariat")),
    (Purpose.OPEN, N_("task notice")),
    (Purpose.REMINDER, N_("reminder")),
    (Purpose.ESCALATION, N_("escalation")),
    (Purpose.RECEIPT, N_("receipt")),
    (Purpose.REFUSAL, N_("request to mend")),
    (Purpose.DECISION, N_("decision on a request")),
    (Purpose.RETURN, N_("submission given back")),
    (Purpose.APPROVAL, N_("code for approval")),
    (Channel.PAGE, N_("page")),
    (Channel.WORKBOOK, N_("workbook")),
    (Channel.REPLY, N_("reply by mail")),
    (Channel.COMMAND, N_("recorded by the secretariat")),
    (Channel.API, N_("another system")),
    (Appraised.ACCEPTED, N_("accepted")),
    (Appraised.RETURNED, N_("given back")),
    (Quality.GOOD, N_("good")),
    (Quality.FAIR, N_("satisfactory")),
    (Quality.POOR, N_("with shortcomings")),
    (ContactRole.CLERK, N_("clerk")),
    (ContactRole.HEAD, N_("head")),
    (AccountRole.SECRETARIAT, N_("Secretariat")),
    (AccountRole.OVERSEER, N_("Overseer")),
    (AccountRole.UNIT_HEAD, N_("Head of a unit")),
    (AccountRole.READER, N_("Reader")),
    (AccountRole.OPERATOR, N_("Operator")),
    (Deed.REGISTERED, N_("registered the directive")),
    (Deed.CONFIRMED, N_("confirmed a reading")),
    (Deed.OPENED, N_("opened the round")),
    (Deed.CLOSED, N_("closed the round")),
    (Deed.ANSWERED, N_("sent an answer")),
    (Deed.REFUSED, N_("sent an answer that has faults")),
    (Deed.APPRAISED, N_("appraised a submission")),
    (Deed.APPROVED, N_("approved as head")),
    (Deed.ASKED, N_("made a request")),
    (Deed.DECIDED, N_("decided a request")),
    (Deed.REMINDED, N_("reminded by hand")),
    (Deed.CORRECTED, N_("changed a contact")),
    (Deed.RESENT, N_("sent mail again")),
    (Deed.SETTLED, N_("settled a received mail")),
    (Deed.SUCCEEDED, N_("recorded what became of a unit")),
    (Deed.PASSED_ON, N_("passed a task on")),
    (Deed.IMPORTED, N_("imported units")),
    (Deed.REVOKED, N_("took a link back")),
    (Deed.ACCOUNT, N_("changed an account")),
    (Deed.SUMMARISED, N_("drew up a summary")),
    (Deed.SIGNED, N_("recorded the signing of a summary")),
    (Deed.SCORED, N_("gave points")),
    (Deed.TEMPLATE, N_("changed a template")),
    (Deed.SIGNED_IN, N_("signed in")),
    (Deed.SIGNED_OUT, N_("signed out")),
    (Deed.ACCEPTED, N_("accepted changes from outside the program")),
    (Deed.URGED, N_("sent the reminders that were due")),
    (Deed.RECEIVED, N_("kept a mail that came in")),
    (Deed.ATTACHED, N_("added a file to a task")),
    (Deed.LEFT_OUT, N_("took a file out of a task")),
    (Deed.DRAFTED, N_("uploaded a directive file")),
    (Deed.TOKEN, N_("changed a token of another system")),
    (Deed.WEBHOOK, N_("changed a webhook")),
    (Deed.RESTORED, N_("restored the office from a copy")),
    (Deed.RELEASED, N_("let held mail leave")),
    (Basis.PERIOD, N_("of the period")),
    (Basis.CUMULATIVE, N_("running total")),
    (Basis.YEAR, N_("since the start of the year")),
    (Since.LAST_PERIOD, N_("the last period")),
    (Since.LAST_YEAR, N_("the same period last year")),
    (ReportPart.SITUATION, N_("Situation")),
    (ReportPart.RESULTS, N_("Results achieved")),
    (ReportPart.LIMITATIONS, N_("Limitations")),
    (ReportPart.CAUSES, N_("Causes")),
    (ReportPart.PROPOSALS, N_("Directions and proposals")),
    (ReportPart.LESSONS, N_("Lessons")),
    (PaperKind.DOCX, N_("Word document")),
    (PaperKind.PDF, N_("PDF document")),
    (PaperKind.HTML, N_("web page with sources")),
    (PaperKind.XLSX, N_("annexes in Excel")),
    (SubmissionKind.ACKNOWLEDGEMENT, N_("acknowledgement")),
    (SubmissionKind.ACTION_PLAN, N_("action plan")),
    (SubmissionKind.PROGRESS, N_("progress")),
    (SubmissionKind.REPORT, N_("report")),
    (SubmissionKind.DECLINE, N_("declined task")),
    (Health.OK, N_("well")),
    (Health.WARN, N_("to be looked at")),
    (Health.ILL, N_("ill")),
    (Watched.DATABASE, N_("Database")),
    (Watched.PARTS, N_("Parts of the program")),
    (Watched.TIMERS, N_("Opening and closing of rounds")),
    (Watched.RECONCILE, N_("Comparing the timers")),
    (Watched.DELIVERY, N_("Delivery of mail")),
    (Watched.RELAY, N_("Mail relay")),
    (Watched.MAILS, N_("Mails that arrive")),
    (Watched.INBOX, N_("Reading the mailbox")),
    (Watched.REMINDERS, N_("Daily reminders")),
    (Watched.WEBHOOKS, N_("Telling other systems")),
    (Watched.BACKUP, N_("Backup")),
    (Watched.ALERTS, N_("Watching and alert mail")),
    (Watched.AUDIT, N_("History, sealed")),
    (Watched.DISK, N_("Room for the data")),
    (Watched.BACKUP_DISK, N_("Room for the backups")),
    (Watched.CLOCK, N_("Clock")),
    (PartState.RUNNING, N_("running")),
    (PartState.STARTING, N_("starting")),
    (PartState.WAITING, N_("waiting to be started again")),
    (PartState.STOPPED, N_("stopped")),
)
_LABELS = {(type(word), word.value): message for word, message in _WORDS}


def label(word: StrEnum) -> str:
    """The word as the reader's language has it."""
    return gettext(_LABELS[type(word), word.value])


def label_vi(word: StrEnum) -> str:
    """The word in Vietnamese, for mail and official documents."""
    return vi(_LABELS[type(word), word.value])
