"""What was done, for other systems that follow: deeds in their order, from a cursor on."""

from datetime import timedelta

from fastapi import APIRouter, Depends
from sqlmodel import col

from models.activity import Activity
from models.round import Obligation
from models.words import Deed
from portal.api_access import Let, admit_token
from portal.api_answer_models import DeedSaid
from portal.api_asked import Wanted, Word, directive_of, unit_of
from portal.api_models import Page
from portal.site import Here
from tasks.deeds_told import NOT_TOLD, deeds, told

router = APIRouter(dependencies=[Depends(admit_token)], tags=["history"])
# a deed has its number before its transaction ends: by then all with lower numbers are there
SETTLED = timedelta(seconds=30)


@router.get("/history", name="history")
def history(
    site: Here, holder: Let, wanted: Wanted, directive: Word = "", unit: Word = "",
    obligation: Word = "", deed: Deed | None = None,
) -> Page[DeedSaid]:  # fmt: skip
    """Deeds, oldest first, half a minute after they were done. The last `number` read is the cursor
    to follow by, when `next` is empty.
    """
    where = [
        col(Activity.id) > wanted.after,
        col(Activity.at) <= site.clock() - SETTLED,
        col(Activity.deed).not_in([word.value for word in NOT_TOLD]),
    ]
    where += [col(Activity.unit_id) == holder.unit_id] if holder.unit_id else []
    where += [col(Activity.deed) == deed.value] if deed else []
    where += [col(Obligation.code) == obligation] if obligation else []
    with site.database.read() as session:
        if unit:
            where.append(col(Activity.unit_id) == unit_of(session, holder, unit).id)
        if directive:
            found = directive_of(session, holder, directive)
            where.append(col(Activity.directive_id) == found.id)
        statement = deeds().where(*where).order_by(col(Activity.id)).limit(wanted.limit + 1)
        rows = [told(row) for row in session.connection().execute(statement)]
    shown, cursor = wanted.of(rows, [row.number for row in rows])
    return Page(items=[DeedSaid.model_validate(row) for row in shown], next=cursor)
