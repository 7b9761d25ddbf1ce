"""Files as answers: what they are called, and that they are to be kept rather than shown."""

import re
from collections.abc import Iterable

from fastapi import Response
from fastapi.responses import StreamingResponse

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
ICALENDAR = "text/calendar; charset=utf-8"

_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
LONGEST_PART = 60


def attachment(content: bytes | Iterable[bytes], media_type: str, *parts: object) -> Response:
    """A file to be saved, called by its parts; the last one is the ending: `countersign-staff-4366-2026-11-16.csv`."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(*parts)}"'}
    if isinstance(content, bytes):
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(content, media_type=media_type, headers=headers)


def file_name(*parts: object) -> str:
    """A name that every system can store and no header misreads."""
    *words, ending = (_UNSAFE.sub("-", str(part))[:LONGEST_PART].strip("-.") for part in parts)
    return "-".join(["countersign", *filter(None, words)]) + f".{ending}"
