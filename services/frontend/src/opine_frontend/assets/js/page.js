// What is the same on every page: a page change for someone who does not see it, arrow keys through the brands, and
// what Dash calls in the browser. Loaded after the composer, by its name.
(() => {
  let firstPage = true;
  // The address that the page on the screen is of.
  let shownAddress = null;

  const announcePage = ({ title, path }) => {
    document.title = title;
    shownAddress = location.href;
    markCurrentLink(path);
    if (!firstPage) {
      window.scrollTo(0, 0);
      const heading = headingOfAddress() ?? document.querySelector("#main h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
      document.getElementById("page-announcer").textContent = title;
    }
    headingOfAddress()?.scrollIntoView();
    firstPage = false;
  };

  // The page comes after the address, so the browser has nowhere to scroll to yet.
  const headingOfAddress = () => (location.hash ? document.getElementById(location.hash.slice(1)) : null);

  // A proxy that replaces `Host` makes every write look as if it came from another site.
  const { host } = document.documentElement.dataset;
  if (host !== window.location.host) {
    const notice = document.createElement("p");
    notice.id = "host-notice";
    notice.setAttribute("role", "alert");
    notice.textContent =
      `This page was opened at ${window.location.host}, and its server was asked for ${host}: what you do here may be refused. ` +
      "The proxy in front must pass the header Host on, or send X-Forwarded-Host and be counted in OPINE_FRONTEND_TRUSTED_PROXIES.";
    document.body.prepend(notice);
  }

  // Only a page for when there is no network (offline/service_worker.js): where it is refused, all else works.
  const worker = `${document.documentElement.dataset.prefix}/service-worker.js`;
  navigator.serviceWorker?.register(worker).catch(() => null);

  const markCurrentLink = (path) => {
    for (const link of document.querySelectorAll(".nav-link")) {
      const href = link.getAttribute("href").slice(document.documentElement.dataset.prefix.length);
      const current = href === "/" ? path === "/" : path.startsWith(href);
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  // Dash changes the address at once and says nothing if its request then finds no server, or a proxy without one: the
  // only place to see that is the request itself.
  const { fetch } = window;
  window.fetch = async (...request) => {
    const ofDash = String(request[0]).includes("_dash-update-component");
    try {
      const response = await fetch(...request);
      if (ofDash) showLost(response.ok ? null : (REFUSALS[response.status] ?? "Something went wrong on our side"));
      return response;
    } catch (error) {
      if (ofDash) showLost(navigator.onLine ? UNREACHABLE : "You are offline");
      throw error;
    }
  };

  const UNREACHABLE = "Opine's server cannot be reached";
  const REFUSALS = {
    400: "Opine was updated: please reload this page",
    502: UNREACHABLE,
    503: "Opine's server is busy",
    504: UNREACHABLE,
  };

  // What was lost, or null for nothing.
  const showLost = (title) => {
    const notice = document.getElementById("lost");
    if (!notice) return;
    if (title) document.getElementById("lost-title").textContent = title;
    notice.hidden = !title;
  };

  const askAgain = () => window.dash_clientside.set_props("page-again", { data: Date.now() });

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("#lost-again, #page-retry")) askAgain();
  });

  // A term of the brand that is shown chooses among its reviews in place; any other click on it opens a page, as links do.
  document.addEventListener("click", (event) => {
    const term = event.target instanceof Element && event.target.closest("[data-term]");
    const list = document.getElementById("latest-title");
    if (!(term && list) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.dash_clientside.set_props("reviews-term", { data: term.dataset.term });
    list.scrollIntoView();
    list.focus({ preventScroll: true });
  });

  const share = async () => {
    if (navigator.share) return navigator.share({ title: document.title, url: location.href });
    await navigator.clipboard.writeText(location.href);
    return "Link copied";
  };

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-share]");
    if (!button) return;
    share()
      // Browsers give no clipboard to pages that come over plain HTTP.
      .catch((error) => (error.name === "AbortError" ? undefined : "Copy it from the address bar"))
      .then((said) => {
        if (said) button.textContent = said;
      });
  });

  addEventListener("online", () => {
    if (document.getElementById("lost")?.hidden !== false) return;
    if (location.href === shownAddress) showLost(null);
    else askAgain();
  });

  // Arrow keys lead from the search field into the brands found, and back.
  const STEPS = { ArrowDown: 1, ArrowUp: -1 };

  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const target = event.target;
    if (!(step && target instanceof Element)) return;
    const cards = [...document.querySelectorAll(".brand-card")];
    const search = document.getElementById("brand-search");
    const at = target === search ? -1 : cards.indexOf(target);
    if (!cards.length || (at === -1 && target !== search)) return;
    const next = at + step;
    if (next < -1 || next >= cards.length) return;
    event.preventDefault();
    (next === -1 ? search : cards[next]).focus();
  });

  const { composer } = window.opine;

  // Called by Mantine's Select, which would leave out what the API found by other letters ("nestle").
  window.dashMantineFunctions = { opineShowAll: ({ options }) => options };

  // Dash calls these with null before there is anything.
  window.dash_clientside ??= {};
  window.dash_clientside.opine = {
    announcePage(page) {
      if (page) announcePage(page);
    },
    openComposer(brand) {
      if (brand) composer.open(brand);
      return Boolean(brand);
    },
    keepAddress(query) {
      // null: nothing was chosen yet.
      if (typeof query === "string") history.replaceState(history.state, "", location.pathname + query);
    },
    showComposerNotice(message) {
      if (message) composer.showNotice(message);
    },
  };
})();
