"""One spider for each kind of run: `companies` for discover, `reviews` for crawl."""
