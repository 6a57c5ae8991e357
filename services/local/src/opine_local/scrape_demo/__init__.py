"""`make scrape-demo`: the whole way from a site to a brand's page, on this machine."""
