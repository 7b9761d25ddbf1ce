"""Addresses of terms: every byte that is not an ASCII letter or digit is percent-encoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.prov_domain import TermKind
from models.rules.prov_ids import NotATerm, external_id_of, iri_of


@pytest.mark.parametrize(
    ("external_id", "iri"),
    [
        ("staff-4366", "chronicle:agent:staff%2D4366"),
        ("a_b.c", "chronicle:agent:a%5Fb%2Ec"),
        ("50% é", "chronicle:agent:50%25%20%C3%A9"),
    ],
)
def test_an_address_escapes_all_but_letters_and_digits(external_id: str, iri: str) -> None:
    assert iri_of(TermKind.AGENT, external_id) == iri


@given(st.sampled_from(TermKind), st.text(st.characters(codec="utf-8"), min_size=1))
def test_an_address_leads_back_to_its_term(kind: TermKind, external_id: str) -> None:
    iri = iri_of(kind, external_id)

    assert iri.isascii()
    assert external_id_of(kind, iri) == external_id


@pytest.mark.parametrize(
    "iri",
    ["", "staff-4366", "chronicle:agent:", "chronicle:entity:a", "chronicle:agent:a-b", "chronicle:agent:%2d",
     "chronicle:agent:%", "chronicle:agent:%FF", "chronicle:agent:a\n", "chronicle:agent:é"],
)  # fmt: skip
def test_what_addresses_no_agent_is_refused(iri: str) -> None:
    with pytest.raises(NotATerm):
        external_id_of(TermKind.AGENT, iri)
