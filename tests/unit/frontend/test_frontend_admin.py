"""The admin page's filters, which come from a browser: anything may be in them."""

from opine_frontend.pages.admin import Fields, export_path, review_query, toggle_sort


def test_unknown_filters_are_dropped() -> None:
    query = review_query({"q": " late ", "stars": "9", "label": "good", "sort": "id", "order": "up", "cursor": 5})
    assert query.parameters() == {"q": "late", "label": "good", "sort": "created_at", "order": "desc", "limit": "20"}


def test_an_export_has_the_filters_but_no_page() -> None:
    query = review_query({"q": "a&b", "cursor": "x"})
    assert export_path(query) == "/admin/reviews.csv?q=a%26b&sort=created_at&order=desc"


def test_a_heading_turns_its_order() -> None:
    fields: Fields = {"q": "", "stars": "", "label": "", "sort": "created_at", "order": "desc", "cursors": ["x"]}
    once = toggle_sort(fields, "stars")
    assert (once["sort"], once["order"], once["cursors"]) == ("stars", "desc", [])
    assert toggle_sort(once, "stars")["order"] == "asc"
    assert toggle_sort(toggle_sort(once, "stars"), "stars")["order"] == "desc"
