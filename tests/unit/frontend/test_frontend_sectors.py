"""The list of sectors over time and outages of the API; only its answers are made up."""

import pytest
from opine_frontend.pages import brands
from opine_frontend.pages.brands import SECTORS_KEPT_S, Sectors
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import UnreachableError
from opine_frontend.reviews_api.schemas import Page, Sector


class FakeApi(ReviewsApi):
    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", max_connection_age_s=15)
        self.names: list[str] | None = ["Airlines", "Drinks"]
        self.calls = 0

    def sectors(self) -> Page[Sector]:
        self.calls += 1
        if self.names is None:
            raise UnreachableError
        return Page[Sector](items=[Sector(sector=name, brand_count=1) for name in self.names])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    made = Clock()
    monkeypatch.setattr(brands, "time", made)
    return made


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_the_list_is_asked_for_once_in_a_while(clock: Clock) -> None:
    api = FakeApi()
    known = Sectors(api)
    assert [known.names(), known.names()] == [["Airlines", "Drinks"]] * 2
    assert api.calls == 1
    api.names = ["Airlines"]
    clock.now += SECTORS_KEPT_S
    assert known.names() == ["Airlines"]
    assert api.calls == 2


def test_an_outage_leaves_what_was_known_and_is_not_kept(clock: Clock) -> None:
    api = FakeApi()
    known = Sectors(api)
    assert known.names() == ["Airlines", "Drinks"]
    clock.now += SECTORS_KEPT_S
    api.names = None
    assert known.names() == ["Airlines", "Drinks"]
    api.names = ["Telecoms"]
    assert known.names() == ["Telecoms"]


@pytest.mark.usefixtures("clock")
def test_an_outage_at_first_leaves_no_sectors() -> None:
    api = FakeApi()
    api.names = None
    known = Sectors(api)
    assert known.names() == []
    api.names = ["Telecoms"]
    assert known.names() == ["Telecoms"]
