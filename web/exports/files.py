"""Files as answers: what they are called, and that they are to be kept rather than shown."""

import re
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import Response
from fastapi.responses import StreamingResponse

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
ICALENDAR = "text/calendar; charset=utf-8"

_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
LONGEST_PART = 60

IN_MEMORY = 1024 * 1024
"""Bytes of a file that is written line by line; a longer one is put on the disk until it is sent."""

CHUNK = 64 * 1024


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


def set_down(parts: Iterator[bytes]) -> IO[bytes]:
    """All that is read, before the answer begins: a fault is then still told, and no slow reader holds a connection."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    file.writelines(parts)
    file.seek(0)
    return file


def taken_up(file: IO[bytes]) -> Iterator[bytes]:
    """What was set down, to be sent."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
