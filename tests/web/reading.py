"""A page as somebody without JavaScript has it: its words, its links, and forms as they would be sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "rect", "path", "circle", "line"})
_UNREAD = frozenset({"script", "style", "svg", "template", "head"})


@dataclass
class Element:
    """One element with what is inside it."""

    tag: str
    attributes: dict[str, str]
    inside: "list[Element | str]" = field(default_factory=list)

    def all(self, tag: str | None = None, **attributes: str) -> "Iterator[Element]":
        """Every element within that is a `tag` and has these attributes; of `class_`, one of its classes."""
        for each in self.inside:
            if isinstance(each, Element):
                if tag in (None, each.tag) and all(each._has(*pair) for pair in attributes.items()):
                    yield each
                yield from each.all(tag, **attributes)

    @property
    def raw(self) -> str:
        """The text as it is written."""
        return "".join(each if isinstance(each, str) else each.raw for each in self.inside)

    @property
    def text(self) -> str:
        """The words one reads."""
        return " ".join(" ".join(self._words()).split())

    def _has(self, name: str, value: str) -> bool:
        given = self.attributes.get(name.rstrip("_"), "")
        return value in given.split() if name == "class_" else given == value

    def _words(self) -> Iterator[str]:
        for each in self.inside:
            if isinstance(each, str):
                yield each
            elif each.tag not in _UNREAD:
                yield from each._words()


@dataclass(frozen=True)
class Form:
    """A form with what it holds as shown."""

    action: str
    fields: dict[str, str]
    named: frozenset[str]
    """Every field, also those that are not sent as shown, such as a box that is not ticked."""


class Page:
    """An HTML page."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.root = _parsed(html)

    @property
    def text(self) -> str:
        """All of its words."""
        return self.root.text

    @property
    def heading(self) -> str:
        """The words of its first heading."""
        return next(self.root.all("h1")).text

    @property
    def links(self) -> set[str]:
        """Where one can go from here."""
        return {link.attributes["href"] for link in self.root.all("a") if "href" in link.attributes}

    @property
    def main(self) -> Element:
        """The page without its frame; a part of a page is all of it."""
        return next(self.root.all("main"), self.root)

    @property
    def forms(self) -> list[Form]:
        """Every form that changes something, and what one searches with."""
        return [_form(each, self.root) for each in self.root.all("form")]

    def form(self, action: str) -> Form:
        """The one form that is sent to an address; also by one of its buttons."""
        found = [
            each
            for each in self.root.all("form", method="post")
            if each.attributes.get("action") == action or any(each.all("button", formaction=action))
        ]
        assert len(found) == 1, f"{len(found)} forms are sent to {action}: {[f.action for f in self.forms]}"
        form = _form(found[0], self.root)
        return Form(action, form.fields, form.named)

    def offers(self, action: str) -> bool:
        """Whether a form or a link in the page goes to this address."""
        forms = {form.attributes.get("action") for form in self.main.all("form")}
        return action in forms or any(self.main.all("a", href=action))

    def problem(self, name: str) -> str:
        """Why a field was refused: the words beside it that it points at; nothing when it was not."""
        refused = (each for each in self.root.all(id=name) if each.attributes.get("aria-invalid") == "true")
        beside = [id_ for each in refused for id_ in each.attributes.get("aria-describedby", "").split()]
        return " ".join(each.text for id_ in beside if id_.endswith("-error") for each in self.root.all(id=id_))

    @property
    def alert(self) -> str:
        """What is said above a form."""
        return " ".join(each.text for each in self.main.all(class_="note"))

    @property
    def notice(self) -> str:
        """What is said once after a command."""
        return " ".join(each.text for each in self.root.all(id="toast"))


def _form(form: Element, page: Element) -> Form:
    """With the fields that stand elsewhere and name it as theirs."""
    mine = form.attributes.get("id")
    elsewhere = page.all(form=mine) if mine else ()
    controls = [
        each for each in (*form.all(), *elsewhere) if each.tag in ("input", "select", "textarea") and _name(each)
    ]
    sent = {_name(each): value for each in controls if (value := _value(each)) is not None}
    return Form(form.attributes.get("action", ""), sent, frozenset(_name(each) for each in controls))


def _name(control: Element) -> str:
    return control.attributes.get("name", "")


def _value(control: Element) -> str | None:
    if control.tag == "textarea":
        return control.raw.removeprefix("\n")
    if control.tag == "select":
        options = list(control.all("option"))
        chosen = next((each for each in options if "selected" in each.attributes), options[0])
        return chosen.attributes.get("value", chosen.text)
    if control.attributes.get("type") in ("checkbox", "radio") and "checked" not in control.attributes:
        return None
    return control.attributes.get("value", "")


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> ends a <{self.open[-1].tag}> at {self.getpos()}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def _parsed(html: str) -> Element:
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is never ended"
    return builder.open[0]
