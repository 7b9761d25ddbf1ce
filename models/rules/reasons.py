"""The kinds of reasons for sending a timesheet back: what can be counted, beside what is said in words."""

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a timesheet is rejected."""

    MISSING_TIME = "missing_time"
    WRONG_TIMES = "wrong_times"
    WRONG_TYPE = "wrong_type"
    WRONG_PROJECT = "wrong_project"
    NOT_AGREED = "not_agreed"
    MORE_DETAIL = "more_detail"
    OTHER = "other"


REASON_WORDS: dict[ReasonCode, str] = {
    ReasonCode.MISSING_TIME: "Time is missing",
    ReasonCode.WRONG_TIMES: "Start, finish or breaks are not right",
    ReasonCode.WRONG_TYPE: "Recorded as the wrong kind of time",
    ReasonCode.WRONG_PROJECT: "Recorded on the wrong project or task",
    ReasonCode.NOT_AGREED: "This time was not agreed",
    ReasonCode.MORE_DETAIL: "It needs a note or more detail",
    ReasonCode.OTHER: "Something else",
}
"""Each code as people choose it; the words that go with it say what has to change."""
