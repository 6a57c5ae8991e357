from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support.browser.waiting import texts, wait_for


class BrandsPage:
    """`/brands`: the search."""

    def __init__(self, driver: Chrome, base_url: str) -> None:
        self.driver = driver
        self.base_url = base_url

    def open(self) -> None:
        self.driver.get(f"{self.base_url}/brands")
        wait_for(self.driver, "brands", lambda: self.names)

    def search(self, text: str) -> None:
        self.driver.find_element(By.ID, "brand-search").send_keys(text)

    def choose_sector(self, sector: str) -> None:
        self.driver.find_element(By.ID, "brand-sector").click()
        option = f"//*[@role='option'][normalize-space()='{sector}']"
        wait_for(self.driver, sector, lambda: self.driver.find_element(By.XPATH, option).is_displayed())
        self.driver.find_element(By.XPATH, option).click()

    def show_more(self) -> None:
        self.driver.find_element(By.ID, "brand-more").click()

    @property
    def names(self) -> list[str]:
        return texts(self.driver, ".brand-card .brand-name")

    @property
    def words(self) -> str:
        return self.driver.find_element(By.ID, "page-content").text

    def wait_for_names(self, names: list[str]) -> None:
        wait_for(self.driver, f"brands {names}", lambda: self.names == names)


class BrandPage:
    """`/brands/<slug>`: one brand's numbers and reviews."""

    def __init__(self, driver: Chrome, base_url: str) -> None:
        self.driver = driver
        self.base_url = base_url

    def open(self, slug: str) -> None:
        self.driver.get(f"{self.base_url}/brands/{slug}")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        wait_for(
            self.driver, "a brand's reviews", lambda: self.driver.find_element(By.ID, "reviews-list").is_displayed()
        )

    @property
    def texts(self) -> list[str]:
        return self._texts("reviews")

    @property
    def scraped_texts(self) -> list[str]:
        """Of the reviews that were read elsewhere."""
        return self._texts("elsewhere")

    @property
    def scraped_words(self) -> str:
        return self.driver.find_element(By.CSS_SELECTOR, ".elsewhere").text

    @property
    def words(self) -> str:
        return self.driver.find_element(By.ID, "page-content").text

    @property
    def terms(self) -> list[str]:
        """Of both lists, praise first."""
        return texts(self.driver, ".term-name")

    def choose_term(self, text: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, f".term[data-term='{text}']").click()

    def choose(self, field: str, option: str) -> None:
        """In one of the fields above the reviews."""
        self.driver.find_element(By.ID, f"reviews-{field}").click()
        path = f"//*[@role='option'][normalize-space()='{option}']"
        wait_for(self.driver, option, lambda: self.driver.find_element(By.XPATH, path).is_displayed())
        self.driver.find_element(By.XPATH, path).click()

    @property
    def address(self) -> str:
        return self.driver.current_url.removeprefix(self.base_url)

    def older(self, name: str = "reviews") -> None:
        self._page(name, "older")

    def newer(self, name: str = "reviews") -> None:
        self._page(name, "newer")

    def _texts(self, name: str) -> list[str]:
        return texts(self.driver, f"#{name}-list .review-text")

    def _page(self, name: str, way: str) -> None:
        before = self._texts(name)
        self.driver.find_element(By.ID, f"{name}-{way}").click()
        wait_for(self.driver, "other reviews", lambda: self._texts(name) and self._texts(name) != before)
