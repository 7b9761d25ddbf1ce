"""What the record says of a timesheet as a graph: its revisions, what was done to them, and by whom.

Much of the same is one node (work, looks), and of a long history only the latest revisions are shown: the timeline
beside the graph has everything.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from models.reads.record.story import Said

MOST_NODES = 48
"""More cannot be read at a glance."""

MOST_NAMED = 3
"""Projects of some work, or people who looked, that have nodes of their own."""


class NodeKind(StrEnum):
    """What a node stands for."""

    RECORD = "record"
    ACT = "act"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Node:
    """Something that is drawn; `anchor` is the item of the timeline that tells of it."""

    key: str
    kind: NodeKind
    lines: tuple[str, ...]
    anchor: str | None = None
    is_present: bool = False
    """Whether it is the revision that counts."""


@dataclass(frozen=True, slots=True)
class Edge:
    """How two nodes are related: from what came later to what was there before."""

    tail: str
    head: str
    words: str
    is_delegation: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """What is drawn."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int = 0
    """Earlier revisions that are not shown."""


def graph_of(story: Sequence[Said], zone: ZoneInfo, anchors: Mapping[UUID, str]) -> Graph:
    """The graph of a timesheet's statements; `anchors` are the items of its timeline by transaction."""
    facts = _Facts(story)
    keep = len(facts.sheets)
    while True:
        graph = _Drawing(facts, zone, anchors, facts.sheets[len(facts.sheets) - keep :]).graph()
        if len(graph.nodes) <= MOST_NODES or keep <= 1:
            return graph
        keep = max(1, keep * 2 // 3)


class _Facts:
    """The statements by what they say."""

    def __init__(self, story: Sequence[Said]) -> None:
        self.types: dict[str, str] = {}
        self.names: dict[tuple[str, str], str] = {}
        """By what kind of term it is, and its id."""
        self.transactions: dict[str, UUID] = {}
        self.started: dict[str, str] = {}
        self.informed: defaultdict[str, list[str]] = defaultdict(list)
        self.informs: defaultdict[str, list[str]] = defaultdict(list)
        self.used: defaultdict[str, list[str]] = defaultdict(list)
        self.responsible: dict[str, str] = {}
        self.delegates: dict[str, tuple[str, str]] = {}
        """By activity: who acted, and for whom."""
        for said in story:
            self._add(said)
        self.sheets = [id_ for id_, type_ in self.types.items() if type_ in _SHEETS]

    def _add(self, said: Said) -> None:
        if said.kind == "define":
            self._define(said)
        elif said.kind == "started":
            self.started[said.subject] = said.body["at"]
        elif said.object is None:
            return
        elif said.kind == "wasInformedBy":
            self.informed[said.subject].append(said.object)
            self.informs[said.object].append(said.subject)
        elif said.kind == "used":
            self.used[said.subject].append(said.object)
        elif said.kind == "wasAssociatedWith":
            self.responsible.setdefault(said.subject, said.object)
        elif said.kind == "actedOnBehalfOf":
            self.delegates.setdefault(said.subject, (said.object, said.body["responsible"]))

    def _define(self, said: Said) -> None:
        name = said.body["attributes"].get("name")
        if name is not None:
            self.names.setdefault((said.body["kind"], said.subject), name)
        if said.body["kind"] == "activity" and said.body["type"]:
            self.types[said.subject] = said.body["type"]
            self.transactions[said.subject] = said.transaction_id

    def of_type(self, ids: Collection[str], *types: str) -> list[str]:
        return [id_ for id_ in ids if self.types.get(id_) in types]

    def actor(self, activity: str) -> str | None:
        """Who really acted."""
        delegate = self.delegates.get(activity)
        return delegate[0] if delegate else self.responsible.get(activity)


_SHEETS = ("Timesheet", "Revision")
_DECISIONS = ("Approve", "Reject")


@dataclass
class _Drawing:
    facts: _Facts
    zone: ZoneInfo
    anchors: Mapping[UUID, str]
    sheets: Sequence[str]
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)

    def graph(self) -> Graph:
        for sheet in reversed(self.sheets):
            self._sheet(sheet)
        self._works()
        edges = tuple(each for each in self.edges.values() if {each.tail, each.head} <= self.nodes.keys())
        return Graph(tuple(self.nodes.values()), edges, len(self.facts.sheets) - len(self.sheets))

    def _sheet(self, sheet: str) -> None:
        facts, number = self.facts, self.facts.sheets.index(sheet) + 1
        submits = facts.of_type(facts.informs[sheet], "Submit")
        acts = [each for submit in submits for each in self._decided(submit)]
        for act in reversed([*submits, *acts]):
            self._act(act, sheet)
        lines = (f"Revision {number}" if number > 1 else "Timesheet", self._state(sheet, submits, acts))
        self.nodes[sheet] = Node(sheet, NodeKind.RECORD, lines, self._anchor(sheet), sheet == self.facts.sheets[-1])
        for former in facts.of_type(facts.informed[sheet], *_SHEETS):
            self._join(sheet, former, "revises")
        if sheet in facts.delegates or not (submits or number > 1):
            self._by(sheet)
        self._views(sheet)

    def _state(self, sheet: str, submits: Sequence[str], acts: Sequence[str]) -> str:
        if acts:
            return _STATES[self._title(acts[-1])]
        if not submits:
            return "draft"
        revised = self.facts.of_type(self.facts.informs[sheet], "Revision")
        return "recalled" if revised else "submitted"

    def _decided(self, submit: str) -> Iterator[str]:
        """What was decided on a submission, and what was taken back of it, in order."""
        for decision in self.facts.of_type(self.facts.informs[submit], *_DECISIONS):
            yield decision
            yield from self.facts.of_type(self.facts.informs[decision], *_DECISIONS)

    def _act(self, act: str, sheet: str) -> None:
        lines = (self._title(act), self._when(act))
        self.nodes[act] = Node(act, NodeKind.ACT, lines, self._anchor(act))
        for before in self.facts.informed[act]:
            self._join(act, before, "certifies" if before == sheet else "decides on")
        self._by(act)

    def _title(self, act: str) -> str:
        type_ = self.facts.types[act]
        undoes = type_ == "Reject" and self.facts.of_type(self.facts.informed[act], "Approve")
        return "Taken back" if undoes else _TITLES[type_]

    def _by(self, activity: str, key: str | None = None) -> None:
        """Join an activity, or the node `key` that stands for it, to who did it, and them to whom they did it for."""
        actor = self.facts.actor(activity)
        if actor is None:
            return
        person = self._person(actor)
        self._join(key or activity, person, "by")
        if activity in self.facts.delegates:
            responsible = self._person(self.facts.delegates[activity][1])
            self.edges[person, responsible] = Edge(person, responsible, "on behalf of", is_delegation=True)

    def _person(self, staff_id: str) -> str:
        """The key of somebody's node, which is there from now on."""
        key, name = f"person {staff_id}", self.facts.names.get(("agent", staff_id), staff_id)
        self.nodes.setdefault(key, Node(key, NodeKind.PERSON, (name,)))
        return key

    def _views(self, sheet: str) -> None:
        by: defaultdict[str, list[str]] = defaultdict(list)
        for view in self.facts.of_type(self.facts.informs[sheet], "View"):
            by[self.facts.actor(view) or ""].append(view)
        if len(by) > MOST_NAMED:
            self._looked(
                sheet, f"views-{sheet}", f"by {len(by)} people", [view for each in by.values() for view in each]
            )
            return
        for viewer, views in by.items():
            key = f"views-{sheet}-{viewer}"
            self._looked(sheet, key, self._when(views[0]) if len(views) == 1 else f"{len(views)} times", views)
            self._by(views[0], key)

    def _looked(self, sheet: str, key: str, words: str, views: Sequence[str]) -> None:
        self.nodes[key] = Node(key, NodeKind.ACT, ("Viewed", words), self._anchor(views[-1]))
        self._join(key, sheet, "looks at")

    def _works(self) -> None:
        """Work in groups: what the same revisions are made of, and the same person recorded."""
        groups: defaultdict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
        for work in self._told_works():
            of = tuple(each for each in self.sheets if work in self.facts.informed[each])
            certified = any(work in self.facts.informed[each] for each in self.facts.sheets)
            if of or not certified:
                groups[of, self.facts.delegates.get(work, ("", ""))[0]].append(work)
        for number, ((of, delegate), works) in enumerate(groups.items()):
            self._work(f"work-{number}", of, delegate, works)

    def _told_works(self) -> list[str]:
        """Every piece of work but those that a later version replaced before anybody certified them."""
        works = self.facts.of_type(list(self.facts.types), "Work")
        newest: dict[str, int] = {}
        for work in works:
            entry, version = _entry(work)
            newest[entry] = max(version, newest.get(entry, 0))
        certified = {work for sheet in self.facts.sheets for work in self.facts.informed[sheet]}
        return [work for work in works if work in certified or _entry(work)[1] == newest[_entry(work)[0]]]

    def _work(self, key: str, of: Sequence[str], delegate: str, works: Sequence[str]) -> None:
        count = f"Work: {len(works)} period{'s' if len(works) > 1 else ''}"
        lines = (count,) if of else (count, "not certified")
        self.nodes[key] = Node(key, NodeKind.RECORD, lines, self._anchor(works[-1]))
        for sheet in of:
            self._join(sheet, key, "made of")
        if delegate or not of:
            self._by(works[0], key)
        projects = list(dict.fromkeys(each for work in works for each in self.facts.used[work]))
        for project in projects if len(projects) <= MOST_NAMED else ():
            name = self.facts.names.get(("entity", project), project)
            self.nodes.setdefault(f"project {project}", Node(f"project {project}", NodeKind.RECORD, (name, "project")))
            self._join(key, f"project {project}", "on")
        if len(projects) > MOST_NAMED:
            self.nodes[f"{key}-projects"] = Node(f"{key}-projects", NodeKind.RECORD, (f"{len(projects)} projects",))
            self._join(key, f"{key}-projects", "on")

    def _join(self, tail: str, head: str, words: str) -> None:
        self.edges.setdefault((tail, head), Edge(tail, head, words))

    def _anchor(self, activity: str) -> str | None:
        return self.anchors.get(self.facts.transactions[activity])

    def _when(self, activity: str) -> str:
        said = self.facts.started.get(activity)
        if said is None:
            return ""
        at = datetime.fromisoformat(said).astimezone(self.zone)
        return f"{at.day} {at:%b, %H:%M}"


_TITLES = {"Submit": "Submitted", "Approve": "Approved", "Reject": "Rejected"}
_STATES = {"Approved": "approved", "Rejected": "rejected", "Taken back": "submitted"}


def _entry(work: str) -> tuple[str, int]:
    """The entry and the version of it that a piece of work is."""
    entry, _, version = work.rpartition("-")
    return entry, int(version) if version.isdecimal() else 0
