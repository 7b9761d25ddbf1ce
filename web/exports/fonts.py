"""Which font writes a character on paper: ours for most names, one of this machine's for the rest, or none."""

from array import array
from functools import lru_cache
from pathlib import Path

import structlog
from fontTools.ttLib import TTFont

from web.assets import STATIC

log = structlog.get_logger()

REGULAR = STATIC / "vendor/inter/inter-regular.ttf"
BOLD = STATIC / "vendor/inter/inter-bold.ttf"
"""Latin, Greek, Cyrillic and Vietnamese, made by the asset step."""

PLACES = tuple(
    Path(place).expanduser()
    for place in (
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "~/.local/share/fonts",
        "/Library/Fonts",
        "/System/Library/Fonts",
    )
)
"""Where machines keep fonts; there is none for Chinese, Japanese, Arabic and so on in any package of ours."""

UNLIKE = ("bold", "italic", "oblique", "mono", "light", "black", "condensed", "narrow")
MOST_FILES = 1_000
CODE_POINTS = 0x110000


@lru_cache(maxsize=1)
def of_ours() -> frozenset[int]:
    """The characters that our font writes. Raises `FileNotFoundError` before the asset step was run."""
    with TTFont(REGULAR, lazy=True) as font:
        return frozenset(font.getBestCmap())


def of_the_machine(char: str) -> Path | None:
    """The machine's font for a character that ours does not write, if there is one."""
    files, by_code = _found_in(PLACES)
    number = by_code[ord(char)]
    return files[number - 1] if number else None


@lru_cache(maxsize=1)
def _found_in(places: tuple[Path, ...]) -> "tuple[list[Path], array[int]]":
    """The fonts in some places and, for each character, the number of the first that writes it, counted from 1."""
    files = _files(places)
    by_code = array("H", bytes(2 * CODE_POINTS))
    for number, path in enumerate(files, start=1):
        for code in _codes(path):
            by_code[code] = by_code[code] or number
    return files, by_code


def _files(places: tuple[Path, ...]) -> list[Path]:
    """Upright sans serif faces of ordinary weight first: they look most like ours."""
    found = (path for place in places if place.is_dir() for path in place.rglob("*"))
    fonts = [path for path in found if path.suffix.lower() in (".ttf", ".otf", ".ttc")]

    def unlike(path: Path) -> tuple[bool, bool, str]:
        name = path.stem.lower()
        return any(word in name for word in UNLIKE), "sans" not in name, name

    return sorted(fonts, key=unlike)[:MOST_FILES]


def _codes(path: Path) -> list[int]:
    """The characters of a font, the first one of a collection; none of a file that is no font."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return list(font.getBestCmap() or ())
    except Exception as error:  # whatever is wrong with a file that somebody put there, the next one may do
        log.warning("unreadable font", path=str(path), error=type(error).__name__)
        return []
