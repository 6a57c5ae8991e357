// What a person wrote, kept in this browser until the review is saved: one draft a brand.
(() => {
  const opine = (window.opine ??= {});
  const PREFIX = "opine-draft:";
  const LAST = "opine-draft-last";
  // Storage may be full or switched off; then the draft lives as long as the page.
  const memory = new Map();

  const read = (key) => {
    try {
      return localStorage.getItem(key) ?? memory.get(key) ?? null;
    } catch {
      return memory.get(key) ?? null;
    }
  };

  const write = (key, value) => {
    memory.set(key, value);
    try {
      localStorage.setItem(key, value);
    } catch {
      // Kept in memory above.
    }
  };

  const remove = (key) => {
    memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was stored.
    }
  };

  // {brand: {slug, name, website}, text, stars: 1-5 or null, attempt: {key, review} or null}, or null.
  const load = (slug) => {
    try {
      const draft = JSON.parse(read(PREFIX + slug));
      return typeof draft?.text === "string" ? draft : null;
    } catch {
      return null;
    }
  };

  const clear = (slug) => {
    remove(PREFIX + slug);
    if (read(LAST) === slug) remove(LAST);
  };

  const save = (draft) => {
    if (draft.text === "" && draft.stars === null) {
      clear(draft.brand.slug);
      return;
    }
    write(PREFIX + draft.brand.slug, JSON.stringify(draft));
    write(LAST, draft.brand.slug);
  };

  // `/` means any brand; with a draft it means the draft's. Runs before Dash reads the address.
  const openLast = () => {
    const slug = read(LAST);
    const anyBrand = location.pathname === "/" && !new URLSearchParams(location.search).get("brand");
    if (slug && anyBrand && load(slug)) history.replaceState(history.state, "", `/?brand=${encodeURIComponent(slug)}`);
  };

  openLast();
  opine.draft = { load, save, clear };
})();
