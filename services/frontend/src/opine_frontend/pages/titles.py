from opine_frontend.routes import Route

_TITLES = {
    "home": "Review a brand · Opine",
    "brands": "Brands · Opine",
    "brand": "Brand · Opine",
    "admin": "Admin · Opine",
    "not_found": "Page not found · Opine",
}


def title_of(route: Route, brand_name: str = "") -> str:
    if brand_name and route.page == "home":
        return f"Review {brand_name} · Opine"
    if brand_name and route.page == "brand":
        return f"{brand_name} · Opine"
    return _TITLES[route.page]
