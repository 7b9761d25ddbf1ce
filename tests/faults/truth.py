"""What has to be so after whatever happened."""

from doctor import examine
from tests.faults.books import Books
from tests.faults.clerks import Office
from tests.standing import Standing


def require_truth(standing: Standing, office: Office, books: Books) -> None:
    """The system is itself again, the books hold what people were told, and every invariant holds."""
    standing.await_ready()
    books.await_agreement()
    assert books.contradict(office.everything) == []
    again = office.send_again()
    assert [sent for sent in again if not (sent.saved or sent.rightly_refused)] == []
    assert books.contradict(office.everything) == []
    for sent in again:
        assert sent.heard[-1] is sent.send(), sent
    assert books.contradict(office.everything) == []
    assert list(examine(standing.settings)) == []
