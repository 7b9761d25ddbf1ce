"""The provenance of a timesheet as a picture: laid out by Graphviz, drawn here as SVG that pages colour by their CSS.

Graphviz only hears sizes and fixed words, so nothing that people typed can mean anything to it.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot
from threading import Lock
from typing import TypeAlias
from unicodedata import east_asian_width

from markupsafe import Markup, escape
from pygraphviz import AGraph

from models.reads.record.graph import Edge, Graph, Node, NodeKind

KEPT = 128
"""Pictures that are kept; one is some 10 kB."""

LONGEST = 28
"""Characters of a line; the rest of a longer one is in the timeline."""

INCH = 72.0
LINE = 16.0
MARGIN = 8.0
TIP = 7.0

Point: TypeAlias = tuple[float, float]

# Graphviz keeps its state in the process.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where everything goes, in pixels from the top left."""

    width: float
    height: float
    nodes: tuple[Point, ...]
    """Their middles."""
    edges: tuple[tuple[tuple[Point, ...], Point], ...]
    """The points of the curve, and the middle of the words."""


@lru_cache(maxsize=KEPT)
def drawn(graph: Graph) -> Markup:
    """A graph as SVG for a page that has a title `graph-title` and a description `graph-words`."""
    placed = _placed(graph)
    width, height = round(placed.width), round(placed.height)
    parts = (
        f'<svg class="provenance" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="group"'
        ' aria-labelledby="graph-title" aria-describedby="graph-words">',
        '<g aria-hidden="true">',
        *(_edge(edge, *where) for edge, where in zip(graph.edges, placed.edges, strict=True)),
        "</g>",
        *(_node(node, where) for node, where in zip(graph.nodes, placed.nodes, strict=True)),
        "</svg>",
    )
    return Markup("".join(parts))  # noqa: S704 - every word in it was escaped


def _node(node: Node, middle: Point) -> str:
    x, y = middle
    width, height = _size(node)
    if node.kind is NodeKind.PERSON:
        shape = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{width / 2:.1f}" ry="{height / 2:.1f}"/>'
    else:
        corner = f'x="{x - width / 2:.1f}" y="{y - height / 2:.1f}"'
        shape = f'<rect {corner} width="{width:.1f}" height="{height:.1f}" rx="9"/>'
    words = "".join(_words(node, middle))
    classes = f"node {node.kind.value}{' present' if node.is_present else ''}"
    if node.anchor is None:
        return f'<g class="{classes}">{shape}{words}</g>'
    return f'<a class="{classes}" href="#{escape(node.anchor)}">{shape}{words}</a>'


def _words(node: Node, middle: Point) -> Iterator[str]:
    x, y = middle
    top = y - LINE * (len(node.lines) - 1) / 2 + 4
    for number, line in enumerate(node.lines):
        second = ' class="second"' if number else ""
        yield f'<text x="{x:.1f}" y="{top + LINE * number:.1f}"{second}>{escape(_cut(line))}</text>'


def _edge(edge: Edge, curve: Sequence[Point], middle: Point) -> str:
    (x, y), *rest = curve
    line = f"M{x:.1f} {y:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in rest)
    words = f'<text x="{middle[0]:.1f}" y="{middle[1] + 3.5:.1f}">{escape(edge.words)}</text>'
    classes = "edge delegation" if edge.is_delegation else "edge"
    return f'<g class="{classes}"><path d="{line}"/><path class="tip" d="{_tip(curve)}"/>{words}</g>'


def _tip(curve: Sequence[Point]) -> str:
    """The arrow at the end of a curve, pointing where it comes from last."""
    end = curve[-1]
    before = next((each for each in reversed(curve) if each != end), (end[0], end[1] - 1))
    length = hypot(end[0] - before[0], end[1] - before[1])
    ahead = ((end[0] - before[0]) / length, (end[1] - before[1]) / length)
    back = (end[0] - TIP * ahead[0], end[1] - TIP * ahead[1])
    across = (TIP / 2 * ahead[1], -TIP / 2 * ahead[0])
    left, right = (back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])
    return f"M{end[0]:.1f} {end[1]:.1f}L{left[0]:.1f} {left[1]:.1f} {right[0]:.1f} {right[1]:.1f}Z"


def _placed(graph: Graph) -> _Placed:
    with _ONE_AT_A_TIME:
        plain = _layout(graph)
    return _read(plain, len(graph.nodes))


def _layout(graph: Graph) -> str:
    """What Graphviz says of the places of everything: inches from the bottom left, a line for each."""
    numbers = {node.key: number for number, node in enumerate(graph.nodes)}
    picture = AGraph(directed=True, strict=False)
    picture.graph_attr.update(rankdir="TB", nodesep="0.3", ranksep="0.34")
    picture.node_attr.update(shape="box", fixedsize="true", label="")
    picture.edge_attr.update(dir="none", fontname="Helvetica", fontsize="10")
    for node in graph.nodes:
        width, height = _size(node)
        shape = "ellipse" if node.kind is NodeKind.PERSON else "box"
        size = {"width": f"{width / INCH:.3f}", "height": f"{height / INCH:.3f}"}
        picture.add_node(numbers[node.key], shape=shape, **size)
    for number, edge in enumerate(graph.edges):
        # Who acts for whom says nothing of what came before what.
        free = {"constraint": "false"} if edge.is_delegation else {}
        picture.add_edge(numbers[edge.tail], numbers[edge.head], key=number, label=f"{number} {edge.words}", **free)
    plain: bytes = picture.draw(format="plain", prog="dot")
    picture.close()
    return plain.decode()


def _read(plain: str, nodes: int) -> _Placed:
    # A long line goes on in the next one.
    lines = [shlex.split(line) for line in plain.replace("\\\n", "").splitlines()]
    width, height = (float(each) * INCH for each in next(line for line in lines if line[0] == "graph")[2:4])
    middles = {int(line[1]): _point(line[2:4], height) for line in lines if line[0] == "node"}
    curves = sorted(_curve(line, height) for line in lines if line[0] == "edge")
    return _Placed(
        width + 2 * MARGIN,
        height + 2 * MARGIN,
        tuple(middles[number] for number in range(nodes)),
        tuple((curve, middle) for _, curve, middle in curves),
    )


def _curve(line: Sequence[str], height: float) -> tuple[int, tuple[Point, ...], Point]:
    """The number of an edge, which its label begins with; its curve; and where the label goes."""
    end = 4 + 2 * int(line[3])
    points = tuple(_point(line[at : at + 2], height) for at in range(4, end, 2))
    return int(line[end].split()[0]), points, _point(line[end + 1 : end + 3], height)


def _point(inches: Sequence[str], height: float) -> Point:
    return float(inches[0]) * INCH + MARGIN, height - float(inches[1]) * INCH + MARGIN


def _size(node: Node) -> tuple[float, float]:
    """How wide and high a node has to be for its words."""
    widest = max(_width(_cut(line)) for line in node.lines)
    height = LINE * len(node.lines) + 10
    return (widest * 1.2 + 26, height + 6) if node.kind is NodeKind.PERSON else (widest + 24, height)


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _width(line: str) -> float:
    return sum(12.5 if east_asian_width(each) in "WF" else 6.7 for each in line)
