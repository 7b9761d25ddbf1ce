"""The accounts that the demo's sign-in page offers; `demo.py` makes them."""

from dataclasses import dataclass

PASSWORD = "countersign-demo"  # noqa: S105 - known to everybody, and refused outside the demo
"""The password of every demo account."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody one can sign in as, and what they are there for."""

    staff_id: str
    name: str
    does: str


ACCOUNTS = (
    DemoAccount("staff-4366", "Duane Barry", "records time"),
    DemoAccount("staff-3621", "Roland Fuller", "approves a team's time"),
    DemoAccount("staff-3150", "Suzanne Modeski", "administers"),
    DemoAccount("staff-2001", "Alex Krycek", "approves the approvers' time"),
    DemoAccount("staff-2002", "Marita Covarrubias", "leads a project"),
    DemoAccount("staff-2003", "Diana Fowley", "audits"),
)
