"""The scraping program beside a demo site, and items as it makes them."""
