"""What every new tenant begins with: the seven time period types, and the words of the certification."""

from typing import Any
from uuid import UUID

SHIFT, REST_DAY, NON_WORKING_DAY, ON_CALL, ABSENCE, TRAINING, OVERTIME = (
    UUID(f"00000000-0000-0000-0000-{number:012d}") for number in range(1, 8)
)

CERTIFICATION = "I certify that these hours are a true and complete record of the time I worked in this period."

_WORKED = [
    "ANNUAL_TARGET_HOURS",
    "NIGHT_HOURS",
    "WEEKEND_HOURS",
    "PUBLIC_HOLIDAY_HOURS",
    "ROSTERED_SHIFT_ALLOWANCE",
]
_ON_CALL = ["ON_CALL_WEEKDAY", "ON_CALL_WEEKEND", "ON_CALL_PUBLIC_HOLIDAY"]

_DIRECT = {"project": "optional", "task": "optional", "note": "optional", "mealBreak": "optional"}
_PLAIN = {"project": "hidden", "task": "optional", "note": "optional", "mealBreak": "hidden"}


def standard_types() -> list[dict[str, Any]]:
    """The rows of the seven standard time period types, in the order people see them, without a tenant."""
    rows = [
        (SHIFT, "Shift", "datetime", _DIRECT, _WORKED, "blue"),
        (OVERTIME, "Overtime", "datetime", _DIRECT, _WORKED, "amber"),
        (TRAINING, "Training", "datetime", _DIRECT | {"project": "hidden"}, _WORKED, "violet"),
        (ON_CALL, "On call", "datetime", _PLAIN, _ON_CALL, "rose"),
        (ABSENCE, "Absence", "date", _PLAIN, [], "teal"),
        (REST_DAY, "Scheduled rest day", "date", _PLAIN, ["PUBLIC_HOLIDAY_CREDIT"], "teal"),
        (NON_WORKING_DAY, "Non-working day", "date", _PLAIN, [], "teal"),
    ]
    return [
        {
            "id": id_,
            "name": name,
            "value_type": value_type,
            "fields": fields,
            "feeds": feeds,
            "accent": accent,
            "position": position,
            "counts_to_target_hours": "ANNUAL_TARGET_HOURS" in feeds,
        }
        for position, (id_, name, value_type, fields, feeds, accent) in enumerate(rows)
    ]
