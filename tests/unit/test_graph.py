"""The graph of a timesheet: what is drawn of the record, and that nothing anybody typed gets out of its place in it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from models.reads.record.graph import MOST_NODES, Edge, Graph, Node, NodeKind, graph_of
from models.reads.record.story import Said
from models.rules.prov_domain import ProvRole
from models.rules.statements import (
    Agent,
    Delegate,
    Statement,
    about_decision,
    about_revision,
    about_submission,
    about_taking_back,
    about_timesheet,
    about_view,
    about_work,
)
from web.graph import KEPT, drawn

LONDON = ZoneInfo("Europe/London")
START, END = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
MORNING, EVENING = datetime(2026, 11, 16, 9, tzinfo=UTC), datetime(2026, 11, 16, 17, tzinfo=UTC)
AT = datetime(2026, 11, 19, 16, 42, tzinfo=UTC)
DUANE, ROLAND, SUZANNE = Agent("s-1", "Duane Barry"), Agent("s-2", "Roland Fuller"), Agent("s-3", "Suzanne Modeski")
DOGS = ("proj-533", "dog grooming")
ENTRIES = [UUID(int=number) for number in range(9)]
NASTY = (
    "</text><svg/onload=alert(1)>",
    "<b>bold</b>",
    "\\N \\G \\l",
    '"; shape=box',
    "&lt;svg&gt;",
    "a\nb\tc",
    "日本語の名前",
    "x" * 10_000,
)


class Record:
    """Statements of one timesheet, as they are recorded."""

    def __init__(self) -> None:
        self.story: list[Said] = []
        self.transactions: list[UUID] = []

    def say(self, *statements: Statement) -> UUID:
        transaction = uuid4()
        self.transactions.append(transaction)
        self.story += [_said(each, len(self.story) + number, transaction) for number, each in enumerate(statements, 1)]
        return transaction

    def open(self, owner: Agent = DUANE) -> UUID:
        return self.say(*about_timesheet("sheet-1", START, END, owner))

    def work(self, entry: int = 0, version: int = 1, by: Agent | None = None, project: tuple[str, str] = DOGS) -> str:
        name = f"work-{ENTRIES[entry]}-{version}"
        delegate = Delegate(by, ProvRole.SUPERVISOR) if by else None
        self.say(*about_work(name, "washing dog", MORNING, EVENING, DUANE, project, delegate))
        return name

    def submit(self, sheet: str, *works: str) -> UUID:
        return self.say(*about_submission(f"submit-{sheet}", AT, sheet, works, DUANE, None, "0" * 64))

    def decide(self, sheet: str, because: str | None = None, by: Agent | None = None) -> UUID:
        kind = "reject" if because else "approve"
        delegate = Delegate(by, ProvRole.ADMINISTRATOR) if by else None
        said = about_decision(
            f"{kind}-{sheet}", AT, f"submit-{sheet}", because, ROLAND, ProvRole.SUPERVISOR, delegate, "0" * 64
        )
        return self.say(*said)

    def revise(self, number: int, revises: str) -> str:
        self.say(*about_revision(f"sheet-{number}", "Wrong day.", revises, START, END, DUANE, None))
        return f"sheet-{number}"

    def look(self, sheet: str, sitting: str, viewer: Agent = ROLAND) -> UUID:
        return self.say(*about_view(f"view-{sheet}-{sitting}", AT, [sheet], viewer, ProvRole.SUPERVISOR))

    def graph(self) -> Graph:
        return graph_of(self.story, LONDON, {each: f"act-{each}" for each in self.transactions})


def _said(statement: Statement, sequence: int, transaction: UUID) -> Said:
    body: dict[str, Any] = statement.body
    names = {
        "used": "entity",
        "wasInformedBy": "informing",
        "wasAssociatedWith": "agent",
        "actedOnBehalfOf": "delegate",
    }
    other = body.get(names.get(statement.kind, ""))
    what = (statement.kind, statement.subject, other, statement.said.decode(), body, statement.digest)
    return Said(sequence, "default", transaction, *what, AT, None, None, None)


@pytest.fixture
def record() -> Record:
    return Record()


def edges(graph: Graph) -> set[str]:
    """The edges as sentences."""
    names = {node.key: node.lines[0] for node in graph.nodes}
    return {f"{names[edge.tail]} {edge.words} {names[edge.head]}" for edge in graph.edges}


def lines(graph: Graph, kind: NodeKind) -> list[tuple[str, ...]]:
    return [node.lines for node in graph.nodes if node.kind is kind]


class TestWhatIsDrawn:
    def test_a_week_that_was_approved(self, record: Record) -> None:
        record.open()
        works = [record.work(0), record.work(1)]
        record.submit("sheet-1", *works)
        record.decide("sheet-1")

        graph = record.graph()

        assert edges(graph) == {
            "Approved decides on Submitted",
            "Approved by Roland Fuller",
            "Submitted certifies Timesheet",
            "Submitted by Duane Barry",
            "Timesheet made of Work: 2 periods",
            "Work: 2 periods on dog grooming",
        }
        assert lines(graph, NodeKind.ACT) == [("Approved", "19 Nov, 16:42"), ("Submitted", "19 Nov, 16:42")]
        assert lines(graph, NodeKind.PERSON) == [("Roland Fuller",), ("Duane Barry",)]

    def test_whoever_acts_for_somebody_is_joined_to_them_by_a_delegation(self, record: Record) -> None:
        record.open()
        record.submit("sheet-1", record.work(0))
        record.decide("sheet-1", by=SUZANNE)

        graph = record.graph()

        assert "Approved by Suzanne Modeski" in edges(graph)
        (acting,) = (edge for edge in graph.edges if edge.is_delegation)
        assert (acting.tail, acting.head, acting.words) == ("person s-3", "person s-2", "on behalf of")

    def test_each_revision_says_what_became_of_it_and_the_last_one_counts(self, record: Record) -> None:
        record.open()
        record.submit("sheet-1", record.work(0))
        record.decide("sheet-1", because="Wrong day.")
        second = record.revise(2, "sheet-1")
        record.submit(second, record.work(0, 2))
        third = record.revise(3, second)
        record.submit(third, f"work-{ENTRIES[0]}-2")
        record.decide(third)
        undone = about_taking_back(
            "reject-again", AT, f"approve-{third}", "Too soon.", ROLAND, ProvRole.SUPERVISOR, None
        )
        record.say(*undone)

        graph = record.graph()

        sheets = [node.lines for node in graph.nodes if node.key.startswith("sheet")]
        assert sheets == [("Revision 3", "submitted"), ("Revision 2", "recalled"), ("Timesheet", "rejected")]
        assert [node.key for node in graph.nodes if node.is_present] == ["sheet-3"]
        assert {"Revision 3 revises Revision 2", "Revision 2 revises Timesheet"} <= edges(graph)
        assert "Taken back decides on Approved" in edges(graph)

    def test_work_is_one_group_for_each_set_of_revisions_and_each_who_recorded_it(self, record: Record) -> None:
        record.open()
        kept, changed = record.work(0), record.work(1)
        record.submit("sheet-1", kept, changed)
        record.decide("sheet-1", because="Wrong day.")
        second = record.revise(2, "sheet-1")
        record.submit(second, kept, record.work(1, 2), record.work(2, by=ROLAND))

        graph = record.graph()

        of = {edge.head for edge in graph.edges if edge.words == "made of"}
        assert len(of) == 4
        assert sum(edge.words == "made of" for edge in graph.edges) == 5
        assert "Work: 1 period by Roland Fuller" in edges(graph)

    def test_a_version_that_was_replaced_before_it_was_certified_is_not_drawn(self, record: Record) -> None:
        record.open()
        record.work(0, 1)
        record.work(0, 2)

        assert lines(record.graph(), NodeKind.RECORD)[1:] == [
            ("Work: 1 period", "not certified"),
            ("dog grooming", "project"),
        ]

    def test_looks_of_one_person_are_one_node_and_of_many_people_one_as_well(self, record: Record) -> None:
        record.open()
        for sitting in ("a", "b", "c"):
            record.look("sheet-1", sitting)
        alone = record.graph()
        for number in range(5):
            record.look("sheet-1", f"d{number}", Agent(f"v-{number}", f"Viewer {number}"))

        many = record.graph()

        assert ("Viewed", "3 times") in lines(alone, NodeKind.ACT)
        assert "Viewed by Roland Fuller" in edges(alone)
        assert lines(many, NodeKind.ACT) == [("Viewed", "by 6 people")]

    def test_each_node_leads_to_the_item_of_the_timeline_that_tells_of_it(self, record: Record) -> None:
        opened = record.open()
        submitted = record.submit("sheet-1", record.work(0))

        anchors = {node.key: node.anchor for node in record.graph().nodes}

        assert anchors["sheet-1"] == f"act-{opened}"
        assert anchors["submit-sheet-1"] == f"act-{submitted}"
        assert anchors["person s-1"] is None

    def test_of_a_long_history_the_latest_revisions_are_drawn_and_how_many_are_not(self, record: Record) -> None:
        record.open()
        sheet = "sheet-1"
        for number in range(2, 200):
            record.submit(sheet, record.work(0, number))
            record.decide(sheet, because="Wrong day.")
            sheet = record.revise(number, sheet)

        graph = record.graph()

        assert len(graph.nodes) <= MOST_NODES
        assert 0 < graph.left_out < 199
        assert graph.nodes[-1].kind is NodeKind.RECORD
        assert "Revision 199" in {node.lines[0] for node in graph.nodes}
        keys = {node.key for node in graph.nodes}
        assert all({edge.tail, edge.head} <= keys for edge in graph.edges)

    def test_of_nothing_there_is_nothing(self, record: Record) -> None:
        assert record.graph() == Graph((), (), 0)


class TestThePicture:
    @pytest.mark.parametrize("text", NASTY)
    def test_what_people_typed_is_text(self, record: Record, text: str) -> None:
        record.open(Agent("s-1", text))
        record.work(0, project=(text, text))

        picture = drawn(record.graph())

        found = ElementTree.fromstring(picture)  # noqa: S314 - made here
        words = [each.text or "" for each in found.iter("text")]
        shown = text if len(text) <= 28 else f"{text[:27]}…"
        assert words.count(shown) == 2
        assert {each.tag for each in found.iter()} == {"svg", "g", "a", "rect", "ellipse", "path", "text"}

    def test_it_has_no_style_no_script_and_no_colour_of_its_own(self, record: Record) -> None:
        record.open()
        record.submit("sheet-1", record.work(0))
        record.decide("sheet-1", by=SUZANNE)

        found = ElementTree.fromstring(drawn(record.graph()))  # noqa: S314 - made here

        named = {name for each in found.iter() for name in each.attrib}
        assert not named & {"style", "fill", "stroke", "id", "onclick", "font-family"}
        assert found.attrib["aria-labelledby"] == "graph-title"
        assert {each.attrib["href"][0] for each in found.iter("a")} == {"#"}

    def test_everything_is_within_it(self, record: Record) -> None:
        record.open()
        record.submit("sheet-1", record.work(0), record.work(1, by=ROLAND))
        record.decide("sheet-1", by=SUZANNE)

        found = ElementTree.fromstring(drawn(record.graph()))  # noqa: S314 - made here

        width, height = float(found.attrib["width"]), float(found.attrib["height"])
        for each in found.iter("rect"):
            x, y, wide, high = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= width
            assert 0 <= y <= y + high <= height

    def test_every_edge_is_drawn_between_its_nodes(self) -> None:
        nodes = tuple(Node(name, NodeKind.RECORD, (name,)) for name in "abc")
        graph = Graph(nodes, (Edge("c", "a", "first"), Edge("a", "b", "second", is_delegation=True)))

        found = ElementTree.fromstring(drawn(graph))  # noqa: S314 - made here

        words = [
            (each.attrib["class"], each.findtext("text"))
            for each in found.iter("g")
            if "edge" in each.attrib.get("class", "")
        ]
        assert words == [("edge", "first"), ("edge delegation", "second")]

    def test_a_graph_of_nothing_is_drawn(self) -> None:
        assert drawn(Graph((), ())).startswith("<svg")

    def test_many_at_once_are_each_drawn_right(self) -> None:
        graphs = [
            Graph(tuple(Node(f"{each}-{number}", NodeKind.ACT, (f"{each} {number}",)) for number in range(8)), ())
            for each in range(40)
        ]

        with ThreadPoolExecutor(8) as threads:
            pictures = list(threads.map(drawn.__wrapped__, graphs))

        assert pictures == [drawn.__wrapped__(each) for each in graphs]

    def test_what_was_drawn_is_kept_and_not_without_end(self) -> None:
        for number in range(KEPT + 20):
            drawn(Graph((Node("a", NodeKind.ACT, (str(number),)),), ()))

        assert drawn.cache_info().currsize == KEPT
