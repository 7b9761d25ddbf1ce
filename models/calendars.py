"""Public holidays by place: ISO 3166 names such as GB-ENG, from the `holidays` library, with their substitute days."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from holidays import country_holidays, list_supported_countries

from models.rules.supposed import HolidayContent, HolidayKind

MOST_YEARS_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class PublicHolidays(Container[date]):
    """The public holidays of a place, and what an organisation adds to them or takes from them."""

    place: str
    exceptions: Mapping[date, HolidayContent] = field(default_factory=dict)

    def __contains__(self, day: object) -> bool:
        """Whether a local day is a public holiday."""
        return isinstance(day, date) and self.name_of(day) is not None

    def name_of(self, day: date) -> str | None:
        """What a local day is called; None for one that is no public holiday."""
        exception = self.exceptions.get(day)
        if exception is not None and exception.kind is not None:
            return exception.name if exception.kind is HolidayKind.ADDED else None
        return holidays_in(self.place, day.year).get(day)


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """Every place whose holidays are known: countries (GB) and their parts (GB-ENG)."""
    countries = list_supported_countries(include_aliases=False)
    return frozenset(countries) | {f"{country}-{part}" for country, parts in countries.items() for part in parts}


@lru_cache(maxsize=MOST_YEARS_KEPT)
def holidays_in(place: str, year: int) -> Mapping[date, str]:
    """The public holidays of a place in a year by local day, with their English names; none for an unknown place."""
    if place not in places():
        return {}
    country, _, part = place.partition("-")
    language = "en_GB" if country == "GB" else "en_US"
    found = country_holidays(country, subdiv=part or None, years=year, observed=True, language=language)
    return dict(found.items())
