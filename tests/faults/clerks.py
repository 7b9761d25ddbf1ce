"""People who go on working while parts of the system die, and who remember every answer."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import count, cycle
from threading import Event
from uuid import UUID, uuid4

from httpx2 import Client, ConnectError, Response, TimeoutException, TransportError

from demo.people import DEMO
from models.commands import made_by
from models.rules.periods import timesheet_id
from models.rules.transitions import CommandKind
from tests.standing import in_time
from tests.web.reading import Form, Page
from web.auth.demo import PASSWORD

HURRY = 15.0
"""Seconds after which a request without any answer is a failure."""

HALF_HOURS = 32
"""From 6 to 22 o'clock, where no clock is ever changed."""


class Heard(StrEnum):
    """What an answer says about a command."""

    SAVED = "saved"
    NOTHING_SAVED = "nothing was saved"
    REFUSED = "refused by a rule"
    NOT_SURE = "nobody knows"


class Browser:
    """Somebody's browser, signed in."""

    def __init__(self, url: str, staff_id: str) -> None:
        self.staff_id = staff_id
        self._client = Client(base_url=url, timeout=HURRY, headers={"Origin": url})
        shown = self.page("/sign-in").form("/sign-in")
        credentials = {"staff_id": staff_id, "password": PASSWORD}
        answer = self.post(Form(shown.action, shown.fields | credentials, shown.named))
        assert answer.status_code == 303, Page(answer.text).text
        self._csrf = next(form.fields["csrf"] for form in self.page("/week").forms if "csrf" in form.fields)

    def page(self, path: str) -> Page:
        """A page, which must be there."""
        answer = self._client.get(path, follow_redirects=True)
        assert answer.status_code == 200, (answer.status_code, path, Page(answer.text).text)
        return Page(answer.text)

    def post(self, form: Form) -> Response:
        """The bare answer."""
        return self._client.post(form.action, data=form.fields)

    def form(self, action: str, **fields: str) -> Form:
        """A form made by hand: with the token of the session and a fresh id."""
        given = {"csrf": self._csrf, "command_id": str(uuid4())} | fields
        return Form(action, given, frozenset(given))


@dataclass
class Sent:
    """One form, and what was heard each time it was sent."""

    kind: CommandKind
    by: Browser
    form: Form
    heard: list[Heard] = field(default_factory=list)
    words: str = ""
    """Of the last answer."""

    @property
    def command_id(self) -> UUID:
        return UUID(self.form.fields["command_id"])

    @property
    def makes(self) -> UUID:
        """The id of the entry that it records."""
        return made_by(DEMO.id, self.command_id, "entry")

    @property
    def saved(self) -> bool:
        """Whether it was ever acknowledged."""
        return Heard.SAVED in self.heard

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to ask."""
        return self.saved or Heard.REFUSED in self.heard

    @property
    def rightly_refused(self) -> bool:
        """Whether it came after another one that changed the same entry."""
        changed = "was removed meanwhile" in self.words or "was changed since you opened it" in self.words
        return Heard.REFUSED in self.heard and changed

    @property
    def may_be_saved(self) -> bool:
        """Whether nobody told for certain."""
        return Heard.NOT_SURE in self.heard and not self.settled

    def send(self) -> Heard:
        """Send the very same form (again). While nobody listens there, it is not sent at all."""
        in_time(self._is_answered, f"somebody takes {self}")
        return self.heard[-1]

    def insist(self, stop: Event) -> None:
        """Send it until it is saved, or told to stop."""
        in_time(lambda: stop.is_set() or self.send() is Heard.SAVED, f"saved: {self}")

    def settle(self) -> None:
        """Send it until its answer is final."""
        in_time(self._is_settled_now, f"an answer to {self}")

    def _is_settled_now(self) -> bool:
        if not self.settled:
            self.send()
        return self.settled

    def _is_answered(self) -> bool:
        try:
            answer = self.by.post(self.form)
        except ConnectError:
            return False
        except TimeoutException as slow:
            raise AssertionError(f"no answer at all to {self}") from slow
        except TransportError as broken:
            self.words = str(broken)
            self.heard.append(Heard.NOT_SURE)
            return True
        self.words = Page(answer.text).text if answer.text else answer.headers["Location"]
        self.heard.append(_meaning(answer, self.words))
        return True


def _meaning(answer: Response, words: str) -> Heard:
    said = words.casefold()
    if answer.status_code == 303 and "/sign-in" not in words:
        return Heard.SAVED
    if answer.status_code == 503 and "could not confirm" in said:
        return Heard.NOT_SURE
    if answer.status_code == 503 and "nothing was saved" in said:
        return Heard.NOTHING_SAVED
    assert answer.status_code in (409, 412), (answer.status_code, words)
    return Heard.REFUSED


class Clerk(ABC):
    """Somebody with work that never ends."""

    puts_off = 3
    """How many forms that came to nothing are kept for later before the next one is sent until it is saved."""

    def __init__(self) -> None:
        self.everything: list[Sent] = []
        self._work = self.work()

    @abstractmethod
    def work(self) -> Iterator[Sent]:
        """The forms, one after the other; the answers to one are known when the next is asked for."""

    def go_on(self, stop: Event) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            last = self.next()
            last.send()
            if sum(not sent.settled for sent in self.everything) > self.puts_off:
                last.insist(stop)

    def next(self) -> Sent:
        """The next form, not sent yet."""
        self.everything.append(next(self._work))
        return self.everything[-1]

    @property
    def saved(self) -> int:
        """How many commands were acknowledged."""
        return sum(sent.saved for sent in self.everything)


class Recorder(Clerk):
    """Somebody who records their half hours, and amends and removes some of them, without looking back."""

    def __init__(self, url: str, staff_id: str, monday: date) -> None:
        super().__init__()
        self.browser = Browser(url, staff_id)
        self._monday = monday
        self.sheet = f"/timesheets/{timesheet_id(DEMO.id, DEMO.person_id(staff_id), monday)}"
        week = f"/people/{staff_id}/week/{monday}"
        shown = self.browser.page(week).form(f"{week}/entries").fields
        self._typed = {"type_id": shown["type_id"], "project_id": str(DEMO.project_id("proj-533"))}

    def work(self) -> Iterator[Sent]:
        for number in count():
            yield (recorded := self._record(number))
            assert Heard.REFUSED not in recorded.heard, recorded
            if recorded.saved and number % 2:
                yield (amended := self._change(CommandKind.AMEND, recorded, ""))
                # On the week as it was shown before: of these two only one can be saved in the end.
                if not amended.saved:
                    yield self._change(CommandKind.REMOVE, recorded, "/removal")

    def submission(self) -> Sent:
        """The form that certifies the first week as it is shown now."""
        action = f"{self.sheet}/submission"
        shown = self.browser.page(action).form(action).fields
        return Sent(
            CommandKind.SUBMIT, self.browser, self.browser.form(action, digest=shown["digest"], certified="yes")
        )

    def _record(self, number: int) -> Sent:
        days, half_hours = divmod(number, HALF_HOURS)
        day = (self._monday + timedelta(days=days)).isoformat()
        hour, minute = divmod(6 * 60 + half_hours * 30, 60)
        typed = {"day": day, "start": f"{hour}:{minute:02}", "finish": f"{hour}:{minute + 25}", "task": "washing dog"}
        form = self.browser.form(f"/people/{self.browser.staff_id}/week/{day}/entries", **self._typed, **typed)
        return Sent(CommandKind.RECORD, self.browser, form)

    def _change(self, kind: CommandKind, recorded: Sent, last: str) -> Sent:
        typed = recorded.form.fields | {"command_id": str(uuid4()), "version": "1", "task": "drying dog"}
        form = self.browser.form(f"{recorded.form.action}/{recorded.makes}{last}", **typed)
        return Sent(kind, self.browser, form)


class Pair(Clerk):
    """A worker and a supervisor with one week between them: submitted, approved, revised, submitted …"""

    puts_off = 0

    def __init__(self, url: str, worker: str, supervisor: str, monday: date) -> None:
        super().__init__()
        self._worker, self._supervisor = Recorder(url, worker, monday), Browser(url, supervisor)
        self._worker.next().settle()
        self.everything += self._worker.everything
        self._certified = self._worker.submission().form.fields["digest"]

    def work(self) -> Iterator[Sent]:
        steps: tuple[tuple[CommandKind, Browser, str, dict[str, str]], ...] = (
            (CommandKind.SUBMIT, self._worker.browser, "submission", {"certified": "yes"}),
            (CommandKind.APPROVE, self._supervisor, "approval", {}),
            (CommandKind.REVISE, self._worker.browser, "revision", {"reason": "It took longer."}),
        )
        for kind, by, last, typed in cycle(steps):
            form = by.form(f"{self._worker.sheet}/{last}", digest=self._certified, **typed)
            yield (sent := Sent(kind, by, form))
            assert sent.saved, sent


Waiting = tuple[Sent, Future[Heard]]
"""A form on its way, and what will have been heard."""


class Office:
    """Clerks who all work at once, each in a thread of their own."""

    def __init__(self, clerks: Sequence[Clerk]) -> None:
        self._clerks = clerks
        self._threads = ThreadPoolExecutor(len(clerks) + 2)
        self._at_work: list[Future[None]] = []
        self._others: list[Sent] = []

    @property
    def everything(self) -> list[Sent]:
        """Every form that was ever sent."""
        return [sent for clerk in self._clerks for sent in clerk.everything] + self._others

    @contextmanager
    def working(self) -> Iterator[None]:
        """They work until the block ends; what went wrong for one of them goes wrong here."""
        stop = Event()
        self._at_work = [self._threads.submit(clerk.go_on, stop) for clerk in self._clerks]
        try:
            yield
        finally:
            stop.set()
            wait(self._at_work)
        for clerk in self._at_work:
            clerk.result()

    def await_progress(self) -> None:
        """Wait until everybody has had two more commands acknowledged."""
        wanted = [clerk.saved + 2 for clerk in self._clerks]
        in_time(lambda: self._have(wanted), "everybody gets on with their work")

    def send_one_each(self) -> list[Waiting]:
        """Everybody sends their next form."""
        return [self._send(clerk.next()) for clerk in self._clerks]

    def send(self, sent: Sent) -> Waiting:
        """Somebody else sends a form."""
        self._others.append(sent)
        return self._send(sent)

    def send_again(self) -> list[Sent]:
        """Send every form that came to nothing again, until its answer is final."""
        unsettled = [sent for sent in self.everything if not sent.settled]
        for answer in [self._threads.submit(sent.settle) for sent in unsettled]:
            answer.result()
        return unsettled

    def _send(self, sent: Sent) -> Waiting:
        return sent, self._threads.submit(sent.send)

    def _have(self, wanted: list[int]) -> bool:
        if any(clerk.done() for clerk in self._at_work):
            raise AssertionError([clerk.exception() for clerk in self._at_work if clerk.done()])
        return all(clerk.saved >= number for clerk, number in zip(self._clerks, wanted, strict=True))
