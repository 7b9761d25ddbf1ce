"""A company in Tryton: its people, each with a key for programs, and the work that they record time on."""

from dataclasses import dataclass

from bench.peers.rpc import Administrator


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who records time."""

    id: int
    key: str


@dataclass(frozen=True, slots=True)
class Company:
    """What a timesheet line refers to."""

    id: int
    work: int
    employees: tuple[Employee, ...]


async def founded(administrator: Administrator, people: int) -> Company:
    """Found a company with so many people.

    All of it goes over one connection and so to one process of the server: the others keep what they know of the
    administrator's companies for minutes.
    """
    company = await _company(administrator)
    (work,) = await administrator.create("timesheet.work", {"name": "Measuring", "company": company})
    names = [f"Recorder {number}" for number in range(people)]
    parties = await administrator.create("party.party", *({"name": name} for name in names))
    employees = await administrator.create(
        "company.employee", *({"party": party, "company": company} for party in parties)
    )
    keys = await _keys(administrator, company, employees)
    return Company(company, work, tuple(Employee(*each) for each in zip(employees, keys, strict=True)))


async def _company(administrator: Administrator) -> int:
    euro = {"name": "Euro", "symbol": "€", "code": "EUR"}
    (currency,) = await administrator.create("currency.currency", euro)
    (party,) = await administrator.create("party.party", {"name": "Measurements"})
    (company,) = await administrator.create("company.company", {"party": party, "currency": currency})
    belongs = {"companies": [["add", [company]]], "company": company, "company_filter": "one"}
    await administrator.call("res.user.write", [administrator.user], belongs)
    return company


async def _keys(administrator: Administrator, company: int, employees: list[int]) -> list[str]:
    """A user for each employee, and the key that a program acts as that user with."""
    users = await administrator.create("res.user", *(_user(company, employee) for employee in employees))
    applications = await administrator.create(
        "res.user.application", *({"user": user, "application": "rest"} for user in users)
    )
    rows = await administrator.call("res.user.application.read", applications, ["key"])
    keys = {row["id"]: row["key"] for row in rows}
    return [keys[application] for application in applications]


def _user(company: int, employee: int) -> dict[str, object]:
    return {
        "name": f"recorder-{employee}",
        "login": f"recorder-{employee}",
        "companies": [["add", [company]]],
        "company": company,
        "employees": [["add", [employee]]],
        "employee": employee,
    }
