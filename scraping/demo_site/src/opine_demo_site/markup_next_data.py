"""Pages as they are today: everything in one JSON, and cards whose classes change with each build."""

from __future__ import annotations

import json
import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opine_demo_site.catalogue import Company, Review


def categories_page(categories: Mapping[str, Mapping[str, str]]) -> str:
    """Args: categories: path by sub-category by category."""
    sections = "".join(
        f'<section><h2><a class="styles_headingLink__x7Yz1" href="/categories/{_slug(category)}">'
        f"{escape(category)}</a></h2><ul>"
        + "".join(f'<li><a href="{path}">{escape(name)}</a></li>' for name, path in sub_categories.items())
        + "</ul></section>"
        for category, sub_categories in categories.items()
    )
    return _document("Categories", sections, "/categories", {"categories": list(categories)})


def listing_page(name: str, companies: Sequence[Company], total_pages: int) -> str:
    businesses = [
        {
            "identifyingName": company.domain,
            "displayName": company.name,
            "logoUrl": f"//127.0.0.1/logos/{company.domain}.png",
            "numberOfReviews": company.review_count,
            "contact": {"website": f"https://{company.domain}", "email": None, "phone": None},
            "categories": [{"categoryId": _slug(company.sub_category), "displayName": company.sub_category}],
        }
        for company in companies
    ]
    links = "".join(
        f'<a data-business-unit-card-link="true" href="/review/{company.domain}">{escape(company.name)}</a>'
        for company in companies
    )
    return _document(
        name,
        links,
        "/categories/[categoryId]",
        {"businessUnits": {"businesses": businesses, "totalPages": total_pages}},
    )


def reviews_page(
    company: Company, reviews: Sequence[Review], *, page: int, total: int, next_url: str | None, starless: int | None
) -> str:
    """Args: starless: position of a review without a rating, from 0."""
    entries = [_entry(review, stars=number != starless) for number, review in enumerate(reviews)]
    props = {
        "businessUnit": {
            "id": _slug(company.domain),
            "displayName": company.name,
            "identifyingName": company.domain,
            "numberOfReviews": total,
            "websiteUrl": f"https://{company.domain}",
            "profileImageUrl": f"//127.0.0.1/logos/{company.domain}.png",
            "breadcrumb": {"topLevelDisplayName": company.category, "bottomLevelDisplayName": company.sub_category},
        },
        "reviews": entries,
        "relevantReviews": entries[:4],  # a second list, which must not be read
        "filters": {
            "totalNumberOfReviews": total,
            "pagination": {
                "currentPage": page,
                "perPage": company.per_page,
                "totalCount": total,
                "totalPages": math.ceil(total / company.per_page),
            },
        },
    }
    cards = "".join(_card(review) for review in reviews)
    link = f'href="{escape(next_url)}"' if next_url else 'aria-disabled="true"'
    following = f'<a name="pagination-button-next" data-pagination-button-next-link="true" {link}>Next page</a>'
    return _document(f"{company.name} reviews", cards + following, "/review/[businessUnit]", props)


def _entry(review: Review, *, stars: bool) -> dict[str, Any]:
    published = review.published.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": review.id,
        "filtered": False,
        "pending": False,
        "rating": review.stars if stars else None,
        "title": review.title,
        "text": review.text,
        "labels": {"merged": None, "verification": {"isVerified": review.verified, "verificationSource": "invitation"}},
        "dates": {"experiencedDate": published, "publishedDate": published, "updatedDate": None},
        "consumer": {
            "id": review.id[::-1],
            "displayName": review.reviewer,
            "imageUrl": "",
            "countryCode": review.country,
        },
        "reply": {"message": review.reply, "publishedDate": published} if review.reply else None,
        "language": "en",
        "location": None,
    }


def _card(review: Review) -> str:
    text = f'<p data-service-review-text-typography="true">{escape(review.text)}</p>' if review.text else ""
    return (
        '<article data-service-review-card-paper="true" class="styles_reviewCard__q2W">'
        f'<span data-consumer-name-typography="true">{escape(review.reviewer)}</span>'
        f'<div data-service-review-rating="{review.stars}"><img src="/stars-{review.stars}.svg" alt=""></div>'
        f'<h2 data-service-review-title-typography="true">{escape(review.title)}</h2>{text}</article>'
    )


def _slug(name: str) -> str:
    return name.lower().replace("&", "and").replace(" ", "_")


def _document(title: str, body: str, page: str, props: Mapping[str, Any]) -> str:
    # A review may hold `</script>`, which would end the element.
    data = json.dumps({"props": {"pageProps": props}, "page": page, "buildId": "demo-1"}).replace("</", "<\\/")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head><body>'
        f'<div id="__next">{body}</div><script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'
    )
