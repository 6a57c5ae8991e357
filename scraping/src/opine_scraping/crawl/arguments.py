"""What the spider is told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from opine_scraping.companies import Company
from opine_scraping.site import Site


class CrawlArguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Site
    companies: tuple[Company, ...] = Field(min_length=1)
    languages: str = Field(default="all", pattern="^(all|[a-z]{2,3})$")
    """As the site's address takes it: `all`, or one ISO 639 code."""

    def start_url(self, company: Company) -> str:
        return self.site.reviews(company.company, self.languages)
