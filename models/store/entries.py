"""Adding an entry under an id that was chosen elsewhere."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import make_transient_to_detached

from models.database import WriteSession
from models.tables.timecard import TimeEntry


def add_entry(session: WriteSession, entry: TimeEntry) -> bool:
    """Add a new entry; whether its id was free.

    Ids are one for all organisations, so it may be taken by an entry that nobody here can see.
    """
    columns = [column.key for column in TimeEntry.__table__.columns if column.computed is None]
    new = insert(TimeEntry).values({name: getattr(entry, name) for name in columns})
    added = session.execute(new.on_conflict_do_nothing(index_elements=[TimeEntry.id]).returning(TimeEntry.id))
    if added.first() is None:
        return False
    make_transient_to_detached(entry)
    session.add(entry)
    return True
