from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.browser.waiting import texts, wait_for


class AdminPage:
    """`/admin`."""

    def __init__(self, driver: Chrome, base_url: str) -> None:
        self.driver = driver
        self.base_url = base_url

    def open(self) -> None:
        self.driver.get(f"{self.base_url}/admin")
        wait_for(self.driver, "the admin page", lambda: self.driver.find_element(By.CSS_SELECTOR, "h1").is_displayed())

    def log_in(self, password: str) -> None:
        wait_for(self.driver, "a password field", lambda: self._id("admin-password").is_displayed())
        self._id("admin-password").send_keys(password)
        self._id("login-button").click()

    def log_out(self) -> None:
        self._id("logout-button").click()
        wait_for(self.driver, "the login", lambda: self._id("admin-password").is_displayed())

    def wait_for_rows(self, count: int) -> None:
        wait_for(self.driver, f"{count} rows", lambda: len(self.rows) == count)

    @property
    def rows(self) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, "#admin-table tbody tr")

    @property
    def moderation(self) -> str:
        return self._id("admin-moderation").text

    def moderate(self, action: str, kind: str, target: object) -> None:
        """Press a button of the queue."""
        part = f'"action":"{action}","kind":"{kind}","target":"{target}"'
        wait_for(self.driver, f"{action} {kind} {target}", lambda: self.driver.find_elements(*_button(part)))
        self.driver.find_element(*_button(part)).click()

    @property
    def runs(self) -> list[str]:
        """The table of the scraping's runs, a line a row."""
        return texts(self.driver, "#admin-runs tbody tr")

    def column(self, label: str) -> list[str]:
        cells = texts(self.driver, f"#admin-table td[data-label='{label}']")
        return [cell.removeprefix(label).strip() for cell in cells]

    @property
    def words(self) -> str:
        return self._id("page-content").text

    def filter_text(self, text: str) -> None:
        self._id("admin-q").send_keys(text)

    def sort_by(self, heading: str) -> None:
        self.driver.find_element(By.XPATH, f"//th//button[starts-with(normalize-space(), '{heading}')]").click()

    def next_page(self) -> None:
        self._id("admin-next").click()

    def previous_page(self) -> None:
        self._id("admin-previous").click()

    def ask_to_delete_first(self) -> str:
        """Opens the question; answers what it quotes."""
        self.driver.find_element(By.XPATH, "//*[@id='admin-table']//button[starts-with(., 'Delete')]").click()
        wait_for(self.driver, "the question", lambda: self._id("delete-confirm").is_displayed())
        return self._id("delete-quote").text

    def confirm_deletion(self) -> None:
        self._id("delete-confirm").click()

    def keep(self) -> None:
        self._id("delete-cancel").click()
        wait_for(self.driver, "no question", lambda: not self.driver.find_elements(By.ID, "delete-confirm"))

    def export(self) -> None:
        self._id("admin-export").click()

    def _id(self, element_id: str) -> WebElement:
        return self.driver.find_element(By.ID, element_id)


def _button(part: str) -> tuple[str, str]:
    """A button whose id, an object in JSON, has this part."""
    return By.CSS_SELECTOR, f"button[id*='{part}']"
