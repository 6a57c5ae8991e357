"""Scrapy's settings of this project; those that a person may change come from the environment (`settings.py`)."""

from opine_scraping.fetch_policy import PRODUCT, user_agent
from opine_scraping.settings import get_settings

_environment = get_settings()

BOT_NAME = PRODUCT
SPIDER_MODULES = ["opine_scraping.spiders"]
USER_AGENT = user_agent(_environment.contact)
# Nothing of one page is to be known on the next; and nobody listens on a port of this process.
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
EXTENSIONS = {"scrapy.extensions.remote_control.RemoteControl": None}  # runs the code that it is sent
LOG_VERSIONS: list[str] = []

# For the shell; the spiders have rules of their own, read before the run (`fetch_policy.py`).
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = PRODUCT

CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# A spider takes robots.txt's Crawl-delay where that is longer. With a jitter it would go below that.
DOWNLOAD_DELAY = _environment.delay_s if _environment.throttle else 0
DOWNLOAD_DELAY_JITTER = 0
DOWNLOAD_TIMEOUT = _environment.timeout_s
AUTOTHROTTLE_ENABLED = _environment.throttle
AUTOTHROTTLE_START_DELAY = DOWNLOAD_DELAY
AUTOTHROTTLE_MAX_DELAY = max(_environment.max_delay_s, DOWNLOAD_DELAY)
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0

# Ten times the largest page known, counted again once an answer is unpacked.
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0

RETRY_TIMES = _environment.retries
# 429 is not retried but waited for.
RETRY_HTTP_CODES = [500, 502, 503, 504, 520, 522, 524, 408]
# The spiders report the others.
HTTPERROR_ALLOW_ALL = True

DOWNLOADER_MIDDLEWARES = {
    "opine_scraping.middlewares.FetchPolicyMiddleware": 50,  # before all that would fetch
    "opine_scraping.middlewares.BlockMiddleware": 555,  # once there is nothing more to wait for
    "opine_scraping.middlewares.RetryAfterMiddleware": 560,  # sees unpacked answers, before the retries do
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": 580,  # keeps unpacked answers
}
ITEM_PIPELINES = {
    "opine_scraping.pipelines.DuplicatesPipeline": 100,
    "opine_scraping.pipelines.WriterPipeline": 200,
}

HTTPCACHE_ENABLED = _environment.cache_dir is not None
HTTPCACHE_DIR = str(_environment.cache_dir.resolve()) if _environment.cache_dir else ""
HTTPCACHE_STORAGE = "opine_scraping.middlewares.RedactedCacheStorage"
HTTPCACHE_EXPIRATION_SECS = int(_environment.cache_hours * 3600)
# Whole answers only: an error that is kept would be read again for hours.
HTTPCACHE_IGNORE_HTTP_CODES = list(range(201, 600))
