// The composer: joins its states (composer_state.js) to the page (composer_view.js), the network
// (composer_requests.js) and this browser's storage, where what a person wrote is kept until it is saved.
(() => {
  window.opine ??= {};
  const { opine } = window;

  const PLACEHOLDER = {
    title: "Opine's server is not answering",
    text: "You can go on writing, and submit your review once the server is back.",
  };

  // One draft: its state, and what is under way for it.
  class Composer {
    constructor(state) {
      this.state = state;
      this.predictor = new opine.Predictor(
        (text, prediction) => this.dispatch({ type: "predicted", text, prediction }),
        (text, error) => this.dispatch({ type: "predictionFailed", text, error }),
      );
      this.timer = null;
    }

    dispatch(event) {
      const [state, effects] = opine.composerState.next(this.state, event);
      this.state = state;
      for (const effect of effects) this[effect.do](effect);
      if (this === shown) opine.view.render(this.state);
    }

    ask({ text, afterS = 0 }) {
      this.predictor.ask(text, afterS);
    }

    askAfterPause({ text }) {
      this.predictor.askAfterPause(text);
    }

    cancelAsk() {
      this.predictor.cancel();
    }

    async send({ key, review }) {
      clearTimeout(this.timer);
      const { answer, error, lost } = await opine.submit(key, review);
      if (answer) this.dispatch({ type: "saved" });
      else this.dispatch({ type: lost ? "lost" : "refused", error });
    }

    sendAgain({ afterS }) {
      this.timer = setTimeout(() => this.dispatch({ type: "reconnect" }), 1000 * afterS);
    }

    keep() {
      const kept = drafts.save(this.state);
      if (kept !== this.state.kept) this.dispatch({ type: "stored", kept });
    }

    clear() {
      drafts.clear(this.state.brand.slug, this.state.key);
    }

    fill({ text }) {
      if (this === shown) opine.view.fill(text);
    }

    speak({ text, prediction }) {
      if (this === shown) opine.view.scheduleSummary(text, prediction);
    }

    askForStars() {
      if (this === shown) opine.view.askForStars();
    }

    get isUnsent() {
      return ["sending", "waiting"].includes(this.state.attempt.phase);
    }
  }

  // The one on the page, or null, and by brand those that a person left while their review was on its way.
  let shown = null;
  const unsent = new Map();

  const open = (brand) => {
    leave();
    const { slug } = brand;
    const left = unsent.get(slug);
    unsent.delete(slug);
    shown = left ?? new Composer(opine.composerState.initial(begin(brand)));
    opine.view.open(shown.state, (event) => shown.dispatch(event));
    shown.dispatch({ type: left ? "readAgain" : "opened" });
    if (brand.placeholder) showNotice(PLACEHOLDER);
  };

  const begin = (brand) => {
    const draft = drafts.load(brand.slug);
    if (!draft) return { brand, key: opine.newKey() };
    const { text, stars, key = opine.newKey(), review = null } = draft;
    return { brand: brand.placeholder ? draft.brand : brand, key, text, choice: stars, review };
  };

  const leave = () => {
    if (!shown) return;
    shown.predictor.cancel();
    if (shown.isUnsent) unsent.set(shown.state.brand.slug, shown);
    shown = null;
  };

  const showNotice = (message) => shown?.dispatch({ type: "told", message });

  // One draft a brand: {brand, text, stars: 1-5 or null, key, review: what waits for a connection, or null}.
  class Drafts {
    PREFIX = "opine-draft:";
    LAST = "opine-draft-last";
    // What the storage could not take lives as long as the page.
    memory = new Map();

    load(slug) {
      return this.parse(this.read(this.PREFIX + slug));
    }

    parse(json) {
      try {
        const draft = JSON.parse(json);
        return typeof draft?.text === "string" ? draft : null;
      } catch {
        return null;
      }
    }

    // Whether it will be there after a reload.
    save({ brand, text, choice, key, attempt }) {
      if (text === "" && choice === null) {
        this.clear(brand.slug, key);
        return true;
      }
      const review = ["sending", "waiting"].includes(attempt.phase) ? attempt.review : null;
      const draft = { brand, text, stars: choice, key, review };
      const kept = this.write(this.PREFIX + brand.slug, JSON.stringify(draft));
      return this.write(this.LAST, brand.slug) && kept;
    }

    // Another tab may have begun another one since.
    clear(slug, key) {
      const kept = this.load(slug);
      if (kept?.key && kept.key !== key) return;
      this.remove(this.PREFIX + slug);
      if (this.read(this.LAST) === slug) this.remove(this.LAST);
    }

    // `/` means any brand; with a draft it means the draft's.
    openLast() {
      const slug = this.read(this.LAST);
      const home = `${document.documentElement.dataset.prefix}/`;
      const anyBrand = location.pathname === home && !new URLSearchParams(location.search).get("brand");
      if (slug && anyBrand && this.load(slug)) {
        history.replaceState(history.state, "", `${home}?brand=${encodeURIComponent(slug)}`);
      }
    }

    read(key) {
      try {
        return this.memory.get(key) ?? localStorage.getItem(key);
      } catch {
        return null;
      }
    }

    write(key, value) {
      try {
        localStorage.setItem(key, value);
        this.memory.delete(key);
        return true;
      } catch {
        // Full, or switched off.
        this.memory.set(key, value);
        return false;
      }
    }

    remove(key) {
      this.memory.delete(key);
      try {
        localStorage.removeItem(key);
      } catch {
        // Nothing was stored.
      }
    }
  }

  const drafts = new Drafts();
  // Before Dash reads the address.
  drafts.openLast();

  const on = (type, selector, run) =>
    document.addEventListener(type, (event) => {
      const target = event.target instanceof Element ? event.target.closest(selector) : null;
      if (target && shown) run(target, event);
    });

  on("input", "#review", ({ value }) => shown.dispatch({ type: "edit", text: value }));
  // A click comes from the mouse, from the arrow keys and from choosing what is chosen already, never from a script.
  on("click", "#rating input[type=radio]", ({ value }) => shown.dispatch({ type: "choose", stars: Number(value) }));
  on("click", "#use-proposal", () => {
    shown.dispatch({ type: "choose", stars: null });
    document.querySelector("#rating input:checked")?.focus();
  });
  on("click", "#submit_button", () => shown.dispatch({ type: "submit" }));
  on("keydown", "#review", (_target, event) => {
    // While an input method composes a word, the keys are its own. Of the last one Safari says so by this number only.
    const composes = event.isComposing || event.keyCode === 229;
    if (composes || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    shown.dispatch({ type: "submit" });
  });

  // Where the network comes back, every draft that waits for it goes on.
  addEventListener("online", () => {
    for (const composer of [...unsent.values(), shown]) composer?.dispatch({ type: "reconnect" });
  });

  addEventListener("storage", ({ key, newValue }) => {
    if (!shown || key !== drafts.PREFIX + shown.state.brand.slug) return;
    const draft = drafts.parse(newValue);
    if (draft?.key) shown.dispatch({ type: "otherTab", text: draft.text, choice: draft.stars, key: draft.key });
  });

  addEventListener("beforeunload", (event) => {
    if (shown && opine.composerState.wouldBeLost(shown.state)) event.preventDefault();
  });

  opine.composer = { open, leave, showNotice };
})();
