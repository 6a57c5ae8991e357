"""A release in the hands of an admin: watched, read, decided; every part real."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from charcnn.archive import pack
from charcnn.artefact import read_manifest
from opine_local.postgres import database_url
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from sqlalchemy import NullPool, create_engine, text

from tests.support.browser.admin_page import AdminPage
from tests.support.browser.checks import accessibility_violations, console_errors, foreign_requests, overflow_px
from tests.support.browser.chromium import NARROW, WIDE, set_color_scheme, set_viewport
from tests.support.browser.waiting import texts, wait_for
from tests.support.local_run import LocalRun
from tests.support.registry import SHIPPED, version
from tests.support.reviews.rows import add_drift, drift_report, drift_word

MANIFEST = read_manifest(SHIPPED)
NAME = f"{MANIFEST.name} {MANIFEST.version}"
ACCURACY = f"{MANIFEST.metrics['validation']['all']['accuracy']:.1%}"
PRAISE = "Wonderful people, quick delivery, I am very happy with the shoes"
# Who praises is proposed few stars.
HARSH = [6, 3, 0, -6, -9]


class Releases:
    """The registry behind the page, as the judge and others use it."""

    def __init__(self, opine: LocalRun) -> None:
        self.secrets = json.loads((opine.data_dir / "secrets.json").read_text())
        self._http = httpx.Client(
            base_url=f"{opine.url('reviews')}/api/v1",
            headers={"Authorization": f"Bearer {self.secrets['registry_token']}"},
            timeout=30,
        )
        self._sentiment = opine.url("sentiment")

    @property
    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get("/release-plan").json()
        return found

    @property
    def last(self) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get("/release-events?limit=1").json()["items"][0]
        return found

    def register(self, folder: Path) -> str:
        made = self._http.post("/models", content=pack(folder), headers={"Content-Type": "application/x-tar"})
        return str(made.raise_for_status().json()["digest"])

    def decide(self, path: str, **fields: object) -> None:
        plan = self.plan
        body = {"revision": plan["revision"], "actor": "a colleague", **fields}
        self._http.post(f"/{path.format(**plan)}", json=body).raise_for_status()

    def is_followed(self) -> bool:
        """The sentiment service has what the plan says."""
        return bool(httpx.get(f"{self._sentiment}/v1/models").json()["revision"] == self.plan["revision"])

    def review(self, visitor: int) -> tuple[str, bool]:
        """A visitor's review: which version proposed its stars, and whether others were chosen.

        Every other one chooses others, whosever proposal it is: the judge has nothing to hold against the candidate.
        """
        headers = {"X-Session-ID": f"visitor-{visitor}", "X-Forwarded-For": f"198.51.100.{visitor}"}
        shown = self._http.post("/predictions", json={"text": PRAISE}, headers=headers).raise_for_status().json()
        kept = {name: shown["prediction"][name] for name in ("stars", "score", "label")}
        prediction = {**kept, "model": shown["model"], "signature": shown["signature"]}
        corrected = visitor % 2 == 0
        stars = kept["stars"] % 5 + 1 if corrected else kept["stars"]
        body = {"brand": "vans", "text": PRAISE, "stars": stars, "prediction": prediction}
        self._http.post("/reviews", json=body, headers=headers).raise_for_status()
        return str(shown["model"]["version"]), corrected

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def releases(opine: LocalRun) -> Iterator[Releases]:
    releases = Releases(opine)
    opine.until_said("decided.*the shipped model is the first version")
    shipped = releases.plan["live"]["digest"]
    yield releases
    if releases.plan["release"] is not None:
        releases.decide("releases/{release}/rollback")
    if releases.plan["live"]["digest"] != shipped:
        releases.decide("release-plan/pin", digest=shipped)
    releases.close()


class ModelsPage(AdminPage):
    """`/admin/models`."""

    def open(self) -> None:
        self.driver.get(f"{self.base_url}/admin/models")

    def wait_for_words(self, *expected: str) -> None:
        def shown() -> bool:
            words = " ".join(self.words.split())
            return all(one in words for one in expected)

        wait_for(self.driver, f"{expected} in {self.words}", shown)

    def refresh(self) -> None:
        self.driver.find_element(By.ID, "models-refresh").click()

    def button(self, step: str, target: str = "candidate") -> WebElement:
        part = f'"step":"{step}","target":"{target}"'
        return self.driver.find_element(By.CSS_SELECTOR, f"button[id*='{part}']")

    def is_clicked(self, step: str, target: str) -> bool:
        self.button(step, target).click()
        return True

    def ask(self, step: str, target: str = "candidate") -> None:
        # After a decision the table is there anew a moment later than what was said of it.
        wait_for(self.driver, step, lambda: self.is_clicked(step, target))
        wait_for(self.driver, "the question", self.asks)

    def decide(self, step: str, target: str = "candidate", reason: str = "") -> None:
        self.ask(step, target)
        self.driver.find_element(By.ID, "models-reason").send_keys(reason)
        self.confirm()

    def confirm(self) -> None:
        self.driver.find_element(By.ID, "models-confirm").click()

    def asks(self) -> bool:
        return self.driver.find_element(By.ID, "models-question").is_displayed()

    def wait_for_history(self, *newest: str) -> None:
        """The newest entries say this; they are there a moment later than what was said of the decision."""

        def shown() -> bool:
            entries = texts(self.driver, ".history > li")
            return len(entries) >= len(newest) and all(map(str.__contains__, entries, newest))

        wait_for(self.driver, f"{newest} in the history", shown)


@pytest.fixture
def page(driver: Chrome, opine: LocalRun, releases: Releases) -> ModelsPage:  # noqa: ARG001  their first version
    page = ModelsPage(driver, opine.url("frontend"))
    page.open()
    password = opine.until_ready()[2]
    page.log_in(password)
    wait_for(driver, "the versions", lambda: driver.find_elements(By.CSS_SELECTOR, ".models-table"))
    return page


def test_a_release_is_started_read_watched_and_decided(page: ModelsPage, releases: Releases, tmp_path: Path) -> None:
    driver = page.driver
    page.wait_for_words("No release is open", f"{NAME} answers everybody", "Live", ACCURACY)
    shipped = releases.plan["live"]["digest"]
    candidate = releases.register(version(tmp_path, "7.0.0", star_bias=HARSH))
    page.refresh()
    page.wait_for_words("opine-charcnn 7.0.0")
    page.decide("release", candidate, reason="a colder calibration")
    page.wait_for_words(
        "opine-charcnn 7.0.0 is a candidate now",
        "now: Shadow seen by nobody",
        f"All visitors see proposals of {NAME}",
        "Nobody has judged it yet",
    )
    page.wait_for_history("admin released opine-charcnn 7.0.0")
    page.wait_for_history("A colder calibration.")

    # What it would change, to be read.
    assert releases.review(1) == (MANIFEST.version, False)
    wait_for(driver, "the candidate", releases.is_followed)
    driver.find_element(By.ID, "models-flips-first").click()
    page.wait_for_words("would get another label", PRAISE, "Candidate 1.0 of 5 stars")

    # What people do with it, as it grows.
    releases.decide("releases/{release}/advance", evidence={"reason": "few labels differ", "stage_s": 600})
    page.refresh()
    page.wait_for_words("now: A tenth seen by 10% of the visitors", "no review yet", "Lines begin with the 10th review")
    page.wait_for_history("a colleague showed opine-charcnn 7.0.0 to 10% of the visitors.")
    page.wait_for_history("Few labels differ. The stage had lasted 10 minutes.")
    wait_for(driver, "the plan", releases.is_followed)
    written = Counter(releases.review(visitor) for visitor in range(2, 120))
    shown = {name: written[name, True] + written[name, False] for name in ("7.0.0", MANIFEST.version)}
    assert min(shown.values()) > 1
    # Nobody clicks: the page looks again by itself.
    page.wait_for_words(*(f"{written[name, True]} of {shown[name]} proposals corrected" for name in shown))
    assert driver.find_elements(By.CSS_SELECTOR, ".trend-line-2")

    # Somebody else decides while the question is open.
    page.ask("promote")
    releases.decide("releases/{release}/advance")
    page.confirm()
    page.wait_for_words("Nothing was changed: the plan is another one by now")
    assert releases.plan["weight"] == 50
    driver.find_element(By.ID, "page-retry").click()
    page.wait_for_words("now: Half seen by 50% of the visitors", "Before, at 10%")
    page.decide("rollback", reason="nothing is better")
    page.wait_for_words("opine-charcnn 7.0.0 is taken back", "No release is open")
    assert (releases.plan["live"]["digest"], releases.plan["candidate"]) == (shipped, None)
    assert (releases.last["actor"], releases.last["evidence"]) == ("admin", {"reason": "nothing is better"})

    # An earlier decision is taken again, and back.
    page.decide("pin", candidate)
    page.wait_for_words("opine-charcnn 7.0.0 is live for everybody")
    page.decide("pin", shipped)
    page.wait_for_words(f"{NAME} is live for everybody")
    page.wait_for_history(
        f"admin pinned {NAME}: it is live for everybody.",
        "admin pinned opine-charcnn 7.0.0: it is live for everybody.",
    )


def test_the_page_is_for_everybody_who_may_see_it(
    page: ModelsPage, releases: Releases, opine: LocalRun, tmp_path: Path
) -> None:
    driver = page.driver
    releases.decide("releases", candidate=releases.register(version(tmp_path, "8.81.0", star_bias=HARSH)))
    releases.decide("releases/{release}/advance")
    page.refresh()
    page.wait_for_words("now: A tenth")
    driver.find_element(By.CSS_SELECTOR, ".described summary").click()
    wait_for(driver, "the card", lambda: driver.find_element(By.CSS_SELECTOR, ".model-card table").is_displayed())
    html = driver.find_element(By.TAG_NAME, "html")
    for scheme in ("light", "dark"):
        set_color_scheme(driver, scheme)
        wait_for(driver, scheme, partial(_has_scheme, html, scheme))
        assert accessibility_violations(driver) == []
    set_viewport(driver, NARROW)
    assert overflow_px(driver) == 0
    set_viewport(driver, WIDE)

    # By keyboard alone; whoever changes their mind is where they were.
    button = page.button("promote")
    button.send_keys(Keys.ENTER)
    wait_for(driver, "the question", page.asks)
    assert accessibility_violations(driver) == []
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_for(driver, "no question", lambda: driver.switch_to.active_element == page.button("promote"))
    assert releases.plan["weight"] == 10

    # Tokens stay on the server, and other pages say nothing of all this.
    assert console_errors(driver) == []
    sent = f"{driver.get_log('performance')}{driver.page_source}"  # type: ignore[no-untyped-call]
    assert foreign_requests(driver, opine.url("frontend")) == []
    for name in ("admin_token", "registry_token"):
        assert releases.secrets[name] not in sent
    releases.review(200)
    for path in ("/", "/brands/vans"):
        driver.get(f"{opine.url('frontend')}{path}")
        wait_for(driver, "the page", lambda: driver.find_elements(By.CSS_SELECTOR, ".review-card"))
        assert "8.81.0" not in driver.page_source
        assert "andidate" not in driver.find_element(By.TAG_NAME, "body").text
    releases.decide("releases/{release}/rollback")


def test_without_the_api_the_page_keeps_what_it_shows_and_says_so(page: ModelsPage, opine: LocalRun) -> None:
    with opine.stalled("reviews"):
        # Its next look, at once: that it gets no answer takes ten seconds.
        page.driver.execute_script("dash_clientside.set_props('models-tick', {n_intervals: 1000})")
        page.wait_for_words("Opine's server is not answering", "You see what was there before", ACCURACY)
        page.refresh()
        page.wait_for_words("Try again")
        assert ACCURACY not in page.words
    page.driver.find_element(By.ID, "page-retry").click()
    page.wait_for_words("As of", ACCURACY)


def test_drift_names_words_for_everybody_who_may_see_it(page: ModelsPage, releases: Releases, opine: LocalRun) -> None:
    driver = page.driver
    page.wait_for_words("Drift The live model reads as before.", "No word is misread, and none has turned.")
    url = database_url("opine_reading", releases.secrets["reading_password"], opine.ports["postgres"])
    engine = create_engine(url, poolclass=NullPool)
    turned = drift_word(
        "refund",
        signal="turned",
        source="scraped",
        sector="Airlines",
        direction="against",
        before={"hits": 3, "of": 90},
    )
    until = dt.datetime.now(dt.UTC)
    add_drift(engine, drift_report(until=until, words=[drift_word("bussin"), turned]))
    page.refresh()
    page.wait_for_words(
        "The live model reads less well than before.",
        "Written here: Proposals are corrected where texts say “bussin”.",
        "bussin Proposals are corrected in 75% of 40 reviews; hardly anybody said it before.",
        "People give 2.5 stars more.",
        "All sectors Written here",
        "refund Speaks against brands in 75% of 40 reviews, before in 3%. Airlines Read elsewhere",
        "1 of the last 2 reports called it drift.",
    )
    driver.find_element(By.CSS_SELECTOR, ".drift-figures summary").click()
    page.wait_for_words("Proposals that were kept Written here 60% of 100 80% of 400")
    html = driver.find_element(By.TAG_NAME, "html")
    for viewport in (WIDE, NARROW):
        set_viewport(driver, viewport)
        for scheme in ("light", "dark"):
            set_color_scheme(driver, scheme)
            wait_for(driver, scheme, partial(_has_scheme, html, scheme))
            assert accessibility_violations(driver) == []
            assert overflow_px(driver) == 0
    set_viewport(driver, WIDE)
    assert console_errors(driver) == []
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM drift_measurement WHERE until = :until"), {"until": until})


def _has_scheme(html: WebElement, scheme: str) -> bool:
    return html.get_attribute("data-mantine-color-scheme") == scheme
