// The composer: the review page's state, and what changes it. Painting is in composer_view.js, asking the server in
// composer_requests.js. Every transition ends in render(), and those that change the draft keep it first.
(() => {
  window.opine ??= {};
  const { opine } = window;

  // brand: {slug, name, website, href}
  // text: what stands in the field
  // choice: the stars that the person chose, or null
  // prediction: the newest, painted until the next one comes, or null
  // predictionError: why there is none, or null
  // attempt: the last try to submit, {key, review}, or null
  // submitting, submitError: how it goes, or went
  // notice: what else there is to say, or null
  let state = null;
  let highlighter = null;
  let predictor = null;

  const stars = () => state.choice ?? state.prediction?.stars ?? null;

  const render = () => opine.view.render(state, notice());

  const notice = () => {
    const { submitError, predictionError } = state;
    if (submitError) return { ...submitError, action: { label: "Try again", run: submit } };
    if (!predictionError) return state.notice;
    // The same text would be unreadable again.
    const again = predictionError.reason === "unreadable" ? null : { label: "Try again", run: predictAgain };
    return { ...predictionError, quiet: predictionError.reason !== "unreachable", action: again };
  };

  const predictAgain = () => predictor.ask(state.text);

  const PLACEHOLDER = {
    reason: "unreachable",
    title: "Opine's server is not answering",
    text: "You can go on writing. Your text is kept in this browser, and you can submit it once the server is back.",
  };

  const open = (brand) => {
    const draft = drafts.load(brand.slug);
    const known = brand.placeholder && draft ? draft.brand : brand;
    predictor ??= new opine.Predictor(predicted, predictionFailed);
    predictor.cancel();
    state = {
      brand: known,
      text: draft?.text ?? "",
      choice: draft?.stars ?? null,
      prediction: null,
      predictionError: null,
      attempt: draft?.attempt ?? null,
      submitting: false,
      submitError: null,
      notice: brand.placeholder ? PLACEHOLDER : null,
    };
    highlighter = opine.view.open(state);
    if (state.text.trim()) predictor.ask(state.text);
    render();
  };

  const edit = (text) => {
    Object.assign(state, { text, submitError: null });
    highlighter.follow(text);
    if (text.trim() === "") {
      predictor.cancel();
      opine.view.cancelSummary();
      Object.assign(state, { prediction: null, predictionError: null });
    } else {
      predictor.schedule(text);
    }
    keepDraft();
    render();
  };

  // An answer counts only while the text is still the one that it is about.
  const predicted = (text, prediction) => {
    if (!state || state.text !== text) return;
    Object.assign(state, { prediction, predictionError: null, notice: null });
    highlighter.paint(text, prediction.highlights);
    opine.view.scheduleSummary(text, prediction);
    render();
  };

  const predictionFailed = (text, predictionError) => {
    if (!state || state.text !== text) return;
    Object.assign(state, { prediction: null, predictionError });
    highlighter.paint(text, []);
    render();
  };

  const choose = (choice) => {
    Object.assign(state, { choice, submitError: null });
    keepDraft();
    render();
  };

  const submit = async () => {
    if (state.submitting || state.text.trim() === "" || stars() === null) return;
    const current = state;
    current.attempt = opine.attemptFor(current.attempt, { ...current, stars: stars() });
    Object.assign(current, { submitting: true, submitError: null });
    keepDraft();
    render();
    const { review } = current.attempt;
    const { error } = await opine.submit(current.attempt);
    current.submitting = false;
    if (error) submitFailed(current, error);
    else submitted(current, review);
  };

  // `current` is not the state any more when the person went on to another brand meanwhile.
  const submitted = (current, review) => {
    if (drafts.load(review.brand)?.text === review.text) drafts.clear(review.brand);
    if (current !== state) return;
    predictor.cancel();
    render();
    opine.view.showThanks(current.brand, review.stars);
  };

  const submitFailed = (current, submitError) => {
    current.submitError = submitError;
    if (current === state) render();
  };

  const showNotice = (message) => {
    if (!state) return;
    state.notice = { ...message, text: `${message.text} Your text is kept.` };
    render();
  };

  const keepDraft = () =>
    drafts.save({ brand: state.brand, text: state.text, stars: state.choice, attempt: state.attempt });

  // What a person wrote, kept in this browser until the review is saved: one draft a brand,
  // {brand, text, stars: 1-5 or null, attempt: {key, review} or null}.
  class Drafts {
    PREFIX = "opine-draft:";
    LAST = "opine-draft-last";
    // Storage may be full or switched off; then the draft lives as long as the page.
    memory = new Map();

    load(slug) {
      try {
        const draft = JSON.parse(this.read(this.PREFIX + slug));
        return typeof draft?.text === "string" ? draft : null;
      } catch {
        return null;
      }
    }

    save(draft) {
      const { slug } = draft.brand;
      if (draft.text === "" && draft.stars === null) {
        this.clear(slug);
        return;
      }
      this.write(this.PREFIX + slug, JSON.stringify(draft));
      this.write(this.LAST, slug);
    }

    clear(slug) {
      this.remove(this.PREFIX + slug);
      if (this.read(this.LAST) === slug) this.remove(this.LAST);
    }

    // `/` means any brand; with a draft it means the draft's.
    openLast() {
      const slug = this.read(this.LAST);
      const anyBrand = location.pathname === "/" && !new URLSearchParams(location.search).get("brand");
      if (slug && anyBrand && this.load(slug)) {
        history.replaceState(history.state, "", `/?brand=${encodeURIComponent(slug)}`);
      }
    }

    read(key) {
      try {
        return localStorage.getItem(key) ?? this.memory.get(key) ?? null;
      } catch {
        return this.memory.get(key) ?? null;
      }
    }

    write(key, value) {
      this.memory.set(key, value);
      try {
        localStorage.setItem(key, value);
      } catch {
        // Kept in memory above.
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
      if (target && state) run(target, event);
    });

  on("input", "#review", (target) => edit(target.value));
  // A click comes from the mouse, from the arrow keys and from choosing what is chosen already, never from a script.
  on("click", "#rating input[type=radio]", (target) => choose(Number(target.value)));
  on("click", "#use-proposal", () => {
    choose(null);
    document.querySelector("#rating input:checked")?.focus();
  });
  on("click", "#submit_button", submit);
  on("keydown", "#review", (_target, event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });

  opine.composer = { open, showNotice };
})();
