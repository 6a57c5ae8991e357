// The review page's state and what changes it. Painting is in composer_view.js, asking in composer_predict.js.
(() => {
  const opine = (window.opine ??= {});
  const byId = (id) => document.getElementById(id);

  let state = null;
  let mirror = null;
  const predictor = new opine.Predictor(
    (text, reading) => take(text, { reading, trouble: null }),
    (text, trouble) => take(text, { reading: null, trouble }),
  );

  const stars = () => state.chosen ?? state.reading?.stars ?? null;
  const keep = () =>
    opine.draft.save({ brand: state.brand, text: state.text, stars: state.chosen, attempt: state.attempt });

  const render = () => {
    opine.view.showSentiment(state.reading);
    opine.view.showChances(state.reading);
    opine.view.showRating(state);
    opine.view.showRoom(state);
    opine.view.showSubmit(state);
    opine.view.showNotice(notice());
  };

  const notice = () => {
    if (state.refusal) return { ...state.refusal, action: { label: "Try again", run: submit } };
    if (state.trouble) return { ...state.trouble, quiet: state.trouble.reason !== "unreachable", action: readAgain() };
    return state.guest ?? null;
  };

  const readAgain = () =>
    state.trouble.reason === "unreadable" ? null : { label: "Read again", run: () => predictor.ask(state.text) };

  // An answer counts only while the text is still the one that it is about.
  const take = (text, outcome) => {
    if (!state || state.text !== text) return;
    Object.assign(state, outcome);
    mirror.paint(text, state.reading?.spans ?? []);
    if (state.reading) {
      state.guest = null;
      opine.summary.speak(text, state.reading);
    }
    render();
  };

  const edit = (text) => {
    state.text = text;
    state.refusal = null;
    mirror.follow(text);
    if (text.trim() === "") {
      predictor.cancel();
      opine.summary.silence();
      Object.assign(state, { reading: null, trouble: null });
    } else {
      predictor.schedule(text);
    }
    keep();
    render();
  };

  const choose = (chosen) => {
    state.chosen = chosen;
    state.refusal = null;
    keep();
    render();
  };

  const submit = async () => {
    if (state.sending || state.text.trim() === "" || stars() === null) return;
    const current = state;
    current.attempt = opine.submission.attemptFor(current.attempt, { ...current, stars: stars() });
    Object.assign(current, { sending: true, refusal: null });
    keep();
    render();
    const { answer, trouble } = await opine.submission.send(current.attempt);
    const sent = current.attempt.review;
    current.sending = false;
    if (answer) saved(current, sent);
    else refused(current, trouble);
  };

  const saved = (current, sent) => {
    const written = opine.draft.load(sent.brand);
    if (written?.text === sent.text) opine.draft.clear(sent.brand);
    if (current !== state) return;
    predictor.cancel();
    render();
    opine.view.showThanks(current.brand, sent.stars);
  };

  const refused = (current, trouble) => {
    current.refusal = trouble;
    if (current === state) render();
  };

  const begin = (brand) => {
    const draft = opine.draft.load(brand.slug);
    const known = brand.guessed && draft ? draft.brand : brand;
    predictor.cancel();
    opine.summary.silence();
    opine.view.reset();
    state = {
      brand: known,
      text: draft?.text ?? "",
      chosen: draft?.stars ?? null,
      attempt: draft?.attempt ?? null,
      reading: null,
      trouble: null,
      refusal: null,
      sending: false,
      guest: brand.guessed ? GUESSED : null,
    };
    byId("company_name").textContent = known.name;
    byId("review").value = state.text;
    mirror = new opine.Mirror(byId("review-mirror"));
    mirror.follow(state.text);
    if (state.text.trim()) predictor.ask(state.text);
    render();
  };

  const GUESSED = {
    reason: "unreachable",
    title: "Opine's server is not answering",
    text: "You can go on writing: your text is kept in this browser and can be sent once the server is back.",
  };

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

  const refuse = (trouble) => {
    if (!state) return;
    state.guest = { ...trouble, text: `${trouble.text} Your text is kept.` };
    render();
  };

  opine.composer = { begin, refuse };
})();
