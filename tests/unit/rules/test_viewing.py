"""How addresses and questions are written down when an auditor opens them."""

from models.rules.prov_ids import LONGEST_ID
from models.rules.viewing import address_seen, question_seen

TOKEN = "cs_" + "x" * 30


def test_a_question_stands_on_one_line_with_its_variables() -> None:
    seen = question_seen("/graphql", "query One($id: ID) {\n  a(id: $id)\n}", {"id": "Müller", "first": 2})

    assert seen == '/graphql query One($id: ID) { a(id: $id) } {"first": 2, "id": "Müller"}'


def test_long_questions_that_begin_alike_stay_apart() -> None:
    one, two = (question_seen("/graphql", "{ a }" * 200, {"n": n}) for n in (1, 2))

    assert len(one) == len(two) == LONGEST_ID
    assert one != two


def test_what_is_secret_is_hidden() -> None:
    assert question_seen("/graphql", f'{{ a(id: "{TOKEN}") }}', {"password": "swordfish"}) == (
        '/graphql { a(id: "***") } {"password": "***"}'
    )
    assert address_seen("/people", f"token=1&q={TOKEN}") == "/people?token=***&q=***"


def test_what_is_no_text_leaves_the_rest_readable() -> None:
    assert question_seen("/graphql", "{ \ud800\0 a }", {}) == "/graphql { ?? a }"
