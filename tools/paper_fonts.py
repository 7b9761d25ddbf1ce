"""Makes the fonts that documents on paper are set in from Inter, as the browser's package brings it.

Usage: python tools/paper_fonts.py DIRECTORY, which gets inter-regular.ttf and inter-bold.ttf.

The package has a variable font in parts by script, compressed for the web (WOFF2, with a compression that Python
does not know and Node does). PDF needs one TrueType font for each weight.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont, woff2
from fontTools.varLib.instancer import instantiateVariableFont

FILES = Path(__file__).resolve().parent.parent / "node_modules" / "@fontsource-variable" / "inter" / "files"
PARTS = ("latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese")
WEIGHTS = {"inter-regular.ttf": 400, "inter-bold.ttf": 650}
DIGITS = range(ord("0"), ord("9") + 1)
BOX = 0x25A1  # stands for a character that no font has
UNUSED = ("GDEF", "GPOS", "GSUB", "MVAR", "STAT", "gasp", "prep")  # nothing shapes text on paper

DECOMPRESS = """
const {readFileSync} = require("fs"), {brotliDecompressSync} = require("zlib");
process.stdout.write(brotliDecompressSync(readFileSync(0)));
"""


class Node:
    """What the font library wants of the module it looks for in vain."""

    @staticmethod
    def decompress(data: bytes) -> bytes:
        """The font within a WOFF2 file."""
        program = str(Path(sys.executable).parent / "node")
        return subprocess.run([program, "--eval", DECOMPRESS], input=data, capture_output=True, check=True).stdout


def make(target: Path) -> None:
    """Writes the fonts."""
    woff2.haveBrotli, woff2.brotli = True, Node
    parts = [_tabular(TTFont(FILES / f"inter-{part}-wght-normal.woff2")) for part in PARTS]
    for name, weight in WEIGHTS.items():
        with tempfile.TemporaryDirectory() as place:
            files = [_of_weight(part, weight, Path(place) / f"{number}.ttf") for number, part in enumerate(parts)]
            font = Merger().merge(files)
        _add_box(font)
        font.save(target / name)


def _tabular(font: TTFont) -> TTFont:
    """The font with figures of one width, which otherwise only programs that shape text can choose."""
    rules = font["GSUB"].table
    chosen = {
        number
        for record in rules.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for number in record.Feature.LookupListIndex
    }
    glyphs: dict[str, str] = {}
    for number in chosen:
        for rule in rules.LookupList.Lookup[number].SubTable:
            glyphs |= getattr(rule, "ExtSubTable", rule).mapping
    for table in font["cmap"].tables:
        table.cmap |= {code: glyphs.get(table.cmap[code], table.cmap[code]) for code in DIGITS if code in table.cmap}
    for tag in UNUSED:
        if tag in font:
            del font[tag]
    return font


def _add_box(font: TTFont) -> None:
    """A character of its own for what the font draws in place of one it does not know."""
    font.setGlyphOrder([*font.getGlyphOrder(), "box"])
    font["glyf"]["box"] = deepcopy(font["glyf"][".notdef"])
    font["hmtx"]["box"] = font["hmtx"][".notdef"]
    for table in font["cmap"].tables:
        table.cmap[BOX] = "box"


def _of_weight(font: TTFont, weight: int, path: Path) -> str:
    fixed = instantiateVariableFont(font, {"wght": weight})
    fixed.flavor = None
    fixed.save(path)
    return str(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make(Path(sys.argv[1]))
