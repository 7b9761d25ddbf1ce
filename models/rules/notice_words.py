"""What a notice says and where it leads, from what its ids stand for at the moment it is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote
from uuid import UUID

from models.rules.date_words import date_range, day_long, day_year
from models.rules.notices import NoticeKind

SOMEBODY = "somebody"
"""Whoever is not known any more."""

LONGEST_NAME = 80
"""Of a name in a title; the rest of it says nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ids of a notice stand for now; None for what it does not name, or what is not there any more."""

    is_own: bool = False
    """Whether the time it is about is that of the person who is told."""
    owner: str | None = None
    owner_staff_id: str | None = None
    sheet_id: UUID | None = None
    period: tuple[date, date] | None = None
    days: tuple[date, ...] = ()
    by: str | None = None
    """Who decided, acted, or is asked as well."""
    reason: str | None = None
    delegate: str | None = None
    """Who stands in; None for the person who is told."""
    delegator: str | None = None
    """For whom somebody stands in; None for the person who is told."""
    until: date | None = None
    is_over: bool = False
    """Whether what it asked for is done by now."""


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in words."""

    title: str
    sentence: str
    path: str
    """Where one does something about it."""
    action: str
    """What the way there is called."""
    tone: str
    icon: str


def words_of(kind: NoticeKind, facts: Facts) -> Words:
    """A notice as one reads it now."""
    return _WORDS[kind](facts)


KIND_WORDS: Mapping[NoticeKind, str] = {
    NoticeKind.RECORD_REMINDER: "A working day has no entry yet",
    NoticeKind.SUBMIT_REMINDER: "A timesheet of yours is not submitted yet",
    NoticeKind.NOT_SUBMITTED: "Somebody you approve has not submitted",
    NoticeKind.WAITING: "A timesheet comes to you for a decision",
    NoticeKind.NUDGE: "A timesheet still waits for you",
    NoticeKind.ESCALATED: "A timesheet goes to the next approver",
    NoticeKind.APPROVED: "Your timesheet was approved",
    NoticeKind.REJECTED: "Your timesheet was rejected",
    NoticeKind.TAKEN_BACK: "An approval was taken back",
    NoticeKind.DELEGATION_BEGINS: "Standing in for somebody begins",
    NoticeKind.DELEGATION_ENDS: "Standing in for somebody ends",
    NoticeKind.ACTED_FOR: "Somebody acted for you",
    NoticeKind.ACT_DISPUTED: "What you did for somebody is disputed",
}
"""Each kind by what it is about, for those who choose how to be told."""


def _record(facts: Facts) -> Words:
    what = day_long(facts.days[0]) if len(facts.days) == 1 else f"{len(facts.days)} working days"
    named = "" if len(facts.days) == 1 else f"They are {', '.join(map(day_long, facts.days))}. "
    path = f"/week/{facts.days[0]}" if facts.days else "/week"
    return Words(
        f"Nothing is recorded yet for {what}",
        f"{named}Record what you worked, or why you did not.",
        path,
        "Open the week",
        "warn",
        "calendar-clock",
    )


def _submit(facts: Facts) -> Words:
    if facts.is_over:
        title = f"Your timesheet{_of(facts)} is submitted by now"
        return Words(title, "Nothing is left to do.", _week(facts), "Open the week", "neutral", "send")
    return Words(
        f"Your timesheet{_of(facts)} is not submitted yet",
        "Look through it and certify it.",
        _week(facts),
        "Open the week",
        "warn",
        "send",
    )


def _not_submitted(facts: Facts) -> Words:
    if facts.is_over:
        title = f"{_owner(facts)} has submitted the timesheet{_of(facts)} by now"
        return Words(title, "Nothing is left to do.", _week(facts), "Open the week", "neutral", "calendar-check")
    return Words(
        f"{_owner(facts)} has not submitted the timesheet{_of(facts)}",
        "The reminder has gone out to them. It comes to you when they submit it.",
        _week(facts),
        "Open the week",
        "warn",
        "calendar-x",
    )


def _waiting(facts: Facts) -> Words:
    return _to_decide(facts, "waits for your decision", "It was certified and submitted.")


def _nudge(facts: Facts) -> Words:
    return _to_decide(facts, "still waits for you", "Nobody has decided on it yet.", "warn")


def _escalated(facts: Facts) -> Words:
    if not facts.is_own:
        return _to_decide(facts, "waits for you as well", "Nobody has decided on it in time.", "warn")
    if facts.is_over:
        title = f"Your timesheet{_of(facts)} does not wait any more"
        return Words(title, "The next approver had been asked too.", _week(facts), "Open the week", "neutral", "inbox")
    return Words(
        f"Your timesheet{_of(facts)} waits for {_short(facts.by or 'the administrators')} as well",
        "Nobody has decided on it in time, so the next approver was asked too.",
        _week(facts),
        "Open the week",
        "info",
        "corner-right-up",
    )


def _to_decide(facts: Facts, waits: str, why: str, tone: str = "info") -> Words:
    whose = f"{_owners(facts)} timesheet{_of(facts)}"
    if facts.is_over:
        done = "Since you were told it was decided, or its owner took it back."
        return Words(
            f"{whose} does not wait any more", done, _on_sheet("/inbox", facts), "Look at it", "neutral", "inbox"
        )
    title = f"{whose} {waits}"
    return Words(title, why, _on_sheet("/inbox", facts), "Open it in the inbox", tone, "inbox")


def _approved(facts: Facts) -> Words:
    return _decided(facts, "was approved", f"{_by(facts)} approved it.", "ok", "circle-check")


def _rejected(facts: Facts) -> Words:
    said = f"{_by(facts)} rejected it: {facts.reason}" if facts.reason else f"{_by(facts)} rejected it."
    return _decided(facts, "was rejected", said, "bad", "circle-x")


def _taken_back(facts: Facts) -> Words:
    said = f"{_by(facts)} took the approval back" + (f": {facts.reason}" if facts.reason else ".")
    return _decided(facts, "waits for a decision again", said, "warn", "undo-2")


def _decided(facts: Facts, became: str, said: str, tone: str, icon: str) -> Words:
    whose = "Your" if facts.is_own else _owners(facts)
    path = _week(facts) if facts.is_own else _on_sheet("/history", facts)
    return Words(f"{whose} timesheet{_of(facts)} {became}", said, path, "Look at it", tone, icon)


def _delegation_begins(facts: Facts) -> Words:
    until = f" until {day_year(facts.until)}" if facts.until else ""
    if facts.delegate is None:
        title = f"You stand in for {_short(facts.delegator or SOMEBODY)}{until}"
        said = "What waits for them is in your inbox as well."
    else:
        title = f"{_short(facts.delegate)} stands in for you{until}"
        said = "What waits for you is in their inbox as well."
    return Words(title, said, "/delegations", "See the delegations", "info", "users-round")


def _delegation_ends(facts: Facts) -> Words:
    if facts.delegate is None:
        title = f"You do not stand in for {_short(facts.delegator or SOMEBODY)} any more"
    else:
        title = f"{_short(facts.delegate)} does not stand in for you any more"
    said = "What waits is in the inbox of whoever it waits for, as before."
    return Words(title, said, "/delegations", "See the delegations", "info", "user-check")


def _acted_for(facts: Facts) -> Words:
    whose = "your" if facts.is_own else f"{_owners(facts)}"
    title = f"{_by(facts)} acted for you on {whose} timesheet{_of(facts)}"
    return Words(title, "Look at it, and say whether it is right.", "/acts", "Look at it", "warn", "user-cog")


def _act_disputed(facts: Facts) -> Words:
    whose = "their" if facts.by == facts.owner else _owners(facts)
    return Words(
        f"{_by(facts)} disputes what you did on {whose} timesheet{_of(facts)}",
        f"They say: {facts.reason}" if facts.reason else "They say that it is not right.",
        _on_sheet("/history", facts),
        "Look at it",
        "bad",
        "flag",
    )


_WORDS: Mapping[NoticeKind, Callable[[Facts], Words]] = {
    NoticeKind.RECORD_REMINDER: _record,
    NoticeKind.SUBMIT_REMINDER: _submit,
    NoticeKind.NOT_SUBMITTED: _not_submitted,
    NoticeKind.WAITING: _waiting,
    NoticeKind.NUDGE: _nudge,
    NoticeKind.ESCALATED: _escalated,
    NoticeKind.APPROVED: _approved,
    NoticeKind.REJECTED: _rejected,
    NoticeKind.TAKEN_BACK: _taken_back,
    NoticeKind.DELEGATION_BEGINS: _delegation_begins,
    NoticeKind.DELEGATION_ENDS: _delegation_ends,
    NoticeKind.ACTED_FOR: _acted_for,
    NoticeKind.ACT_DISPUTED: _act_disputed,
}


def one_line(text: str, longest: int) -> str:
    """`text` on one line and no longer than `longest`: what may stand in the head of a mail."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _of(facts: Facts) -> str:
    return f" of {date_range(*facts.period)}" if facts.period else ""


def _week(facts: Facts) -> str:
    if facts.period is None:
        return "/"
    day = facts.period[0]
    return f"/week/{day}" if facts.is_own or facts.owner_staff_id is None else _of_person(facts.owner_staff_id, day)


def _of_person(staff_id: str, day: date) -> str:
    return f"/people/{quote(staff_id, safe='')}/week/{day}"


def _on_sheet(page: str, facts: Facts) -> str:
    return f"{page}/{facts.sheet_id}" if facts.sheet_id else "/"


def _owner(facts: Facts) -> str:
    return _short(facts.owner) if facts.owner else SOMEBODY.capitalize()


def _owners(facts: Facts) -> str:
    return f"{_owner(facts)}'s"


def _by(facts: Facts) -> str:
    return _short(facts.by) if facts.by else SOMEBODY.capitalize()


def _short(name: str) -> str:
    return one_line(name, LONGEST_NAME)
