from pathlib import Path

from selenium.webdriver import Chrome

from tests.support.browser.admin_page import AdminPage
from tests.support.browser.waiting import wait_for
from tests.support.fake_reviews.store import PASSWORD, TOKEN, Store


def test_a_wrong_password_opens_nothing(driver: Chrome, base_url: str, store: Store) -> None:
    page = AdminPage(driver, base_url)
    page.open()
    store.calls.clear()
    page.log_in("let me in")
    wait_for(driver, "an error", lambda: "That is not the password" in page.words)
    assert page.rows == []
    assert store.calls == []
    page.log_in(PASSWORD)
    page.wait_for_rows(20)


def test_reviews_are_filtered_sorted_and_paged(driver: Chrome, base_url: str) -> None:
    page = _logged_in(driver, base_url)
    page.next_page()
    page.wait_for_rows(10)
    page.previous_page()
    page.wait_for_rows(20)
    page.sort_by("Brand")
    wait_for(driver, "Nike first", lambda: page.column("Brand")[0] == "Nike")
    page.sort_by("Brand")
    wait_for(driver, "IKEA first", lambda: page.column("Brand")[0] == "IKEA")
    page.filter_text("sturdy")
    page.wait_for_rows(6)


def test_a_review_is_deleted_only_after_confirmation(driver: Chrome, base_url: str, store: Store) -> None:
    page = _logged_in(driver, base_url)
    newest = max(store.reviews, key=lambda review: review["created_at"])
    assert page.ask_to_delete_first() == newest["text"]
    page.keep()
    assert newest in store.reviews
    page.ask_to_delete_first()
    page.confirm_deletion()
    wait_for(driver, "the deletion", lambda: newest not in store.reviews)
    wait_for(driver, "the next review on top", lambda: page.column("Review")[0] != newest["text"])
    assert len(store.reviews) == 29


def test_the_last_scrape_runs_are_shown(driver: Chrome, base_url: str, store: Store) -> None:
    page = _logged_in(driver, base_url)
    wait_for(driver, "the runs", lambda: len(page.runs) == 5)
    assert page.runs[0].startswith("24 Nov 2026, 09:00 UTC discover running 0")
    assert page.runs[1].startswith("24 Nov 2026, 09:00 UTC crawl failed 230 4,600 690 4 no stars 2, unknown markup 7")
    assert [run.split()[6] for run in page.runs[2:]] == ["blocked", "interrupted", "completed"]
    driver.find_element("css selector", "#admin-runs summary").click()
    assert "1 of 9" in page.words
    assert "unknown_markup: no parser" in page.words
    assert driver.find_elements("css selector", "#admin-runs a") == []
    store.runs.clear()
    driver.find_element("id", "admin-runs-refresh").click()
    wait_for(driver, "no runs", lambda: "No runs yet" in page.words)


def test_the_export_is_a_file(driver: Chrome, base_url: str, downloads: Path) -> None:
    page = _logged_in(driver, base_url)
    page.filter_text("sturdy")
    page.wait_for_rows(6)
    page.export()
    file = downloads / "opine-reviews.csv"
    wait_for(driver, "the file", lambda: file.exists() and file.read_text().count("My second one") == 6)
    # Excel takes it for Windows' own letters otherwise.
    assert file.read_text().startswith("\ufeffid,brand,text,stars")


def test_the_token_stays_on_the_server(driver: Chrome, base_url: str) -> None:
    page = _logged_in(driver, base_url)
    assert TOKEN not in driver.page_source
    sent: list[object] = driver.get_log("performance")  # type: ignore[no-untyped-call]
    assert sent
    assert TOKEN not in str(sent)
    cookie = driver.get_cookie("opine_session")
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert TOKEN not in cookie["value"]
    page.log_out()
    assert page.rows == []


def test_an_ended_session_says_so(driver: Chrome, base_url: str, store: Store) -> None:
    page = _logged_in(driver, base_url)
    driver.delete_all_cookies()
    store.calls.clear()
    page.next_page()
    wait_for(driver, "the end of the session", lambda: "Your session has ended" in page.words)
    assert store.calls == []


def test_reported_and_hidden_reviews_and_new_brands_are_judged(driver: Chrome, base_url: str, store: Store) -> None:
    first, second = store.reviews[0], store.reviews[1]
    store.reports.append((first["id"], "an advertisement"))
    store.unlisted.append({"slug": "nik", "name": "Nik"})
    page = _logged_in(driver, base_url)
    wait_for(driver, "the queue", lambda: "an advertisement" in page.moderation)
    page.moderate("hide", "review", first["id"])
    wait_for(driver, "the hidden review", lambda: "Hidden reviews" in page.moderation)
    assert store.hidden == [first]
    page.moderate("restore", "review", first["id"])
    wait_for(driver, "the review", lambda: first in store.reviews)
    page.moderate("approve", "brand", "nik")
    wait_for(driver, "an empty queue", lambda: "Nothing waits" in page.moderation)
    assert [(event["action"], event["actor"]) for event in store.moderated] == [
        ("hide", "admin"),
        ("restore", "admin"),
        ("approve", "admin"),
    ]
    driver.find_elements("css selector", "#admin-table tbody tr")[0].find_element(
        "xpath", ".//button[starts-with(., 'Hide')]"
    ).click()
    wait_for(driver, "the hidden review", lambda: len(store.hidden) == 1)
    wait_for(driver, "it in the queue", lambda: "Hidden reviews" in page.moderation)
    assert second


def test_a_copied_cookie_shows_nothing_after_logging_out(driver: Chrome, base_url: str, store: Store) -> None:
    page = _logged_in(driver, base_url)
    copied = driver.get_cookie("opine_session")
    page.log_out()
    driver.add_cookie(copied)
    page.open()
    wait_for(driver, "the login", lambda: driver.find_element("id", "admin-password").is_displayed())
    assert page.rows == []
    assert len(store.ended_sessions) == 1


def test_a_review_is_reported_on_its_brands_page(driver: Chrome, base_url: str, store: Store) -> None:
    driver.get(f"{base_url}/brands/ikea")
    wait_for(driver, "a button", lambda: driver.find_elements("xpath", "//button[starts-with(., 'Report')]"))
    driver.find_element("xpath", "//button[starts-with(., 'Report')]").click()
    wait_for(driver, "the report", lambda: len(store.reports) == 1)
    wait_for(driver, "its thanks", lambda: "an admin will look at it" in driver.find_element("id", "page-content").text)


def _logged_in(driver: Chrome, base_url: str) -> AdminPage:
    page = AdminPage(driver, base_url)
    page.open()
    page.log_in(PASSWORD)
    page.wait_for_rows(20)
    return page
