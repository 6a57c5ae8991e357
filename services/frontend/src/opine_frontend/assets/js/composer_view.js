// Puts the composer's state on the page: what is seen, and what is said to those who do not see it.
(() => {
  window.opine ??= {};
  const { opine } = window;
  const byId = (id) => document.getElementById(id);
  const percent = (share) => `${Math.round(share * 100)}%`;
  const starsText = (stars) => `${stars} ${stars === 1 ? "star" : "stars"}`;
  const LABEL_WORDS = { bad: "Bad", average: "Average", good: "Good" };

  // Spoken only once the typing has rested, and only if the gist has changed.
  const SPEAK_AFTER_MS = 1500;
  const SPOKEN_WORDS = 3;

  // The model abstains: nothing went wrong, so it is said where the proposal would be, not in a notice that comes and goes.
  const isNotJudged = ({ error }) => error?.reason === "not_judged";

  let shownStars = null;
  let speechTimer = null;
  let spokenGist = "";
  let highlighter = null;
  let dispatch = null;

  // A page that Dash has just drawn; `onEvent` takes the events of its notices.
  const open = ({ brand, text }, onEvent) => {
    cancelSummary();
    shownStars = null;
    dispatch = onEvent;
    byId("company_name").textContent = brand.name;
    byId("review").value = text;
    highlighter = new Highlighter(byId("review-highlights"));
  };

  // May be called as often as one likes with the same state, also once the page has gone.
  const render = (state) => {
    if (!byId("composer")) return;
    const { prediction } = state.proposal;
    showMarks(state);
    showSentiment(state.proposal);
    showProbabilities(prediction);
    showRating(state);
    showHint(state);
    showSubmit(state);
    showNotice(noticeOf(state));
    if (isNotJudged(state.proposal)) speakLater(state.proposal.error.text, () => state.proposal.error.text);
    if (opine.composerState.isOver(state)) showEnd(state);
  };

  const fill = (text) => {
    const field = byId("review");
    if (field && field.value !== text) field.value = text;
  };

  // While a proposal is awaited the marks go with their words; they are of the text without blanks at its ends.
  const showMarks = ({ text, proposal }) => {
    const { phase, prediction } = proposal;
    if (phase === "awaited") {
      highlighter.follow(text);
      return;
    }
    const blanks = text.length - text.trimStart().length;
    const found = phase === "shown" ? prediction.highlights : [];
    highlighter.paint(
      text,
      found.map(([start, end, level]) => [start + blanks, end + blanks, level]),
    );
    if (phase === "none") cancelSummary();
  };

  const showSentiment = ({ prediction, error }) => {
    const meter = byId("progress");
    const words = prediction ? LABEL_WORDS[prediction.label] : "";
    const share = prediction ? percent(prediction.score) : "";
    meter.dataset.label = prediction?.label ?? "none";
    meter.setAttribute("aria-valuenow", prediction ? Math.round(prediction.score * 100) : 0);
    meter.setAttribute("aria-valuetext", prediction ? `${words}, ${share}` : (error?.title ?? "Nothing to read yet"));
    byId("progress-fill").style.transform = `scaleX(${prediction ? prediction.score : 0})`;
    byId("proba").textContent = share;
    byId("sentiment-word").textContent = words;
  };

  const showProbabilities = (prediction) => {
    const probabilities = prediction?.probabilities;
    for (const bar of document.querySelectorAll("[data-probability]")) {
      bar.style.transform = `scaleY(${probabilities?.[Number(bar.dataset.probability) - 1] ?? 0})`;
    }
    for (const number of document.querySelectorAll("[data-probability-number]")) {
      number.textContent = probabilities ? percent(probabilities[Number(number.dataset.probabilityNumber) - 1]) : "";
    }
    byId("probabilities-text").textContent = probabilities
      ? `How likely each rating is: ${probabilities
          .map((probability, index) => `${starsText(index + 1)} ${Math.round(probability * 100)} percent`)
          .join(", ")}.`
      : "";
  };

  const showRating = (state) => {
    const { choice, proposal } = state;
    const stars = opine.composerState.seenStars(state);
    if (stars !== shownStars) {
      shownStars = stars;
      window.dash_clientside.set_props("rating-group", { value: stars === null ? "" : String(stars) });
    }
    const composer = byId("composer");
    composer.dataset.stars = stars ?? 0;
    composer.dataset.starsFrom = choice === null ? "words" : "person";
    composer.dataset.proposal = proposal.phase;
    byId("use-proposal").hidden = choice === null || proposal.prediction === null;
    byId("rating-source").textContent = ratingSource(state);
  };

  const choiceSource = (choice, { phase, prediction }) => {
    if (phase !== "shown") return "Your choice.";
    if (prediction.stars === choice) return "Your choice, and what your words suggest.";
    return `Your choice; your words suggest ${prediction.stars}.`;
  };

  const ratingSource = ({ choice, proposal }) => {
    const { phase, error } = proposal;
    if (choice !== null) return choiceSource(choice, proposal);
    if (phase === "shown") return "Proposed by your words, yours to change.";
    if (phase === "awaited") return "Reading …";
    if (phase === "missing") return isNotJudged(proposal) ? error.text : "Choose the stars yourself.";
    return "Start writing, and your words will suggest a rating.";
  };

  const askForStars = () => document.querySelector("#rating input")?.focus();

  const showHint = ({ text, kept }) => {
    const longest = byId("review").maxLength;
    const full = `Nothing more fits in: a review has at most ${longest.toLocaleString("en")} characters`;
    const where = kept ? "Kept in this browser until you submit it" : "Not kept: this browser has no room left for it";
    byId("review-hint").textContent = text.length < longest ? where : full;
  };

  const showSubmit = (state) => {
    const { phase } = state.attempt;
    const hasText = opine.composerState.words(state.text) !== "";
    const hasStars = opine.composerState.seenStars(state) !== null;
    const over = ["sending", "taken"].includes(phase) || opine.composerState.isOver(state);
    byId("submit_button").disabled = over || !hasText || !hasStars;
    byId("submit_button").dataset.submitting = phase === "sending";
    byId("submit-label").textContent = phase === "sending" ? "Saving …" : "Submit review";
    byId("submit-hint").textContent = submitHint(phase, hasText, hasStars);
  };

  const submitHint = (phase, hasText, hasStars) => {
    if (phase === "confirming") return "Reading your last words first …";
    if (phase === "waiting") return "Goes out by itself once there is a connection.";
    if (!hasText) return "Write a few words to submit.";
    if (!hasStars) return "Choose a rating to submit.";
    // Who has nothing but a touch screen has no such keys.
    return matchMedia("(any-pointer: fine)").matches ? "Ctrl + Enter submits too." : "";
  };

  const TRY_AGAIN = { label: "Try again", event: { type: "submit" } };
  const READ_AGAIN = { label: "Try again", event: { type: "readAgain" } };
  // What would fail again in the same way.
  const LASTING = new Set(["invalid", "not_found", "unreadable"]);

  const ATTEMPT_NOTICES = {
    waiting: ({ attempt }, kept) => ({
      title: attempt.error.title,
      text: `Your review is not sent yet. It goes out by itself once there is a connection; leave this page open. ${kept}`,
      action: TRY_AGAIN,
    }),
    failed: ({ attempt: { error } }, kept) => ({
      title: error.title,
      text: `${error.text} ${kept}`,
      action: LASTING.has(error.reason) ? null : TRY_AGAIN,
    }),
    taken: () => ({
      title: "This review is saved already",
      text: "It was saved as you sent it first, perhaps from another tab. What you changed since then is not in it.",
      action: { label: "Submit this as a review of its own", event: { type: "anew", key: opine.newKey() } },
    }),
    doubtful: ({ proposal }) => ({
      title: `Not sent yet: your words now suggest ${starsText(proposal.prediction.stars)}`,
      text: "Submit again if that is right, or choose other stars.",
    }),
  };

  const proposalNotice = ({ proposal, message }, kept) => {
    const { error } = proposal;
    if (!error || isNotJudged(proposal)) return message && { ...message, text: `${message.text} ${kept}` };
    return {
      title: error.title,
      text: `${error.text} ${kept}`,
      quiet: error.reason !== "unreachable" && error.reason !== "offline",
      action: LASTING.has(error.reason) ? null : READ_AGAIN,
    };
  };

  const noticeOf = (state) => {
    const kept = state.kept ? "Your text is kept in this browser." : "Copy your text: this browser cannot keep it.";
    return (ATTEMPT_NOTICES[state.attempt.phase] ?? proposalNotice)(state, kept);
  };

  // A notice is {title, text, action: {label, event} or none}; the same notice is not announced twice.
  const showNotice = (notice) => {
    const place = byId("composer-notice");
    const announced = notice ? `${notice.title}|${notice.text}` : "";
    if (place.dataset.announced === announced) return;
    place.dataset.announced = announced;
    place.hidden = !notice;
    place.replaceChildren();
    if (!notice) return;
    const title = Object.assign(document.createElement("p"), { className: "notice-title", textContent: notice.title });
    const text = Object.assign(document.createElement("p"), { textContent: notice.text });
    place.append(title, text);
    place.classList.toggle("notice-quiet", Boolean(notice.quiet));
    if (notice.action) {
      const button = Object.assign(document.createElement("button"), {
        className: "button-quiet",
        id: "notice-action",
        textContent: notice.action.label,
        onclick: () => dispatch(notice.action.event),
      });
      place.append(button);
    }
  };

  const showEnd = ({ brand, attempt: { phase, review, error } }) => {
    if (!byId("thanks").hidden) return;
    if (phase === "saved") {
      byId("thanks-text").textContent = `${starsText(review.stars)} for ${brand.name}.`;
    } else {
      byId("thanks-title").textContent = error.title;
      byId("thanks-text").textContent = error.text;
      byId("thanks-sign").hidden = true;
      byId("thanks-link").hidden = true;
    }
    byId("composer").hidden = true;
    byId("thanks").hidden = false;
    byId("thanks-title").focus();
  };

  const summary = (text, prediction) => {
    const parts = [
      `Sentiment ${prediction.label}, ${Math.round(prediction.score * 100)} percent.`,
      `Proposed rating: ${starsText(prediction.stars)}.`,
    ];
    const forWords = strongest(text, prediction.highlights, 1);
    const againstWords = strongest(text, prediction.highlights, -1);
    if (forWords.length) parts.push(`Speaks for: ${forWords.join(", ")}.`);
    if (againstWords.length) parts.push(`Speaks against: ${againstWords.join(", ")}.`);
    return parts.join(" ");
  };

  const strongest = (text, highlights, sign) => {
    const sided = highlights.filter(([, , level]) => Math.sign(level) === sign);
    sided.sort((one, other) => Math.abs(other[2]) - Math.abs(one[2]));
    return [...new Set(sided.map(([start, end]) => text.slice(start, end)))].slice(0, SPOKEN_WORDS);
  };

  const scheduleSummary = (text, prediction) =>
    speakLater(`${prediction.label} ${prediction.stars}`, () => summary(text, prediction));

  const speakLater = (gist, sentence) => {
    clearTimeout(speechTimer);
    if (gist === spokenGist) return;
    speechTimer = setTimeout(() => {
      spokenGist = gist;
      const status = byId("composer-status");
      if (status) status.textContent = sentence();
    }, SPEAK_AFTER_MS);
  };

  const cancelSummary = () => {
    clearTimeout(speechTimer);
    spokenGist = "";
  };

  // The layer behind the textarea that carries the marks: the same text in the same type, cut into segments.
  // Highlights are [start, end, level] in UTF-16 code units, in order; levels are -3 ... 3, as the server grades words.
  class Highlighter {
    constructor(element) {
      this.element = element;
      this.text = "";
      this.highlights = [];
      this.painted = [];
      element.replaceChildren();
    }

    // Follow the text at once, with the marks of the last answer.
    follow(text) {
      this.paint(text, shifted(this.highlights, this.text, text));
    }

    // Only the segments that differ are touched, so a letter typed into 20,000 costs a node or two.
    paint(text, highlights) {
      const wanted = segments(text, highlights);
      const same = (one, other) => one.text === other.text && one.name === other.name;
      const [head, tail] = commonEnds(this.painted, wanted, same);
      const nodes = this.element.childNodes;
      for (let index = this.painted.length - tail - 1; index >= head; index -= 1) nodes[index].remove();
      const fresh = document.createDocumentFragment();
      fresh.append(...wanted.slice(head, wanted.length - tail).map(node));
      this.element.insertBefore(fresh, nodes[head] ?? null);
      Object.assign(this, { text, highlights, painted: wanted });
    }
  }

  const segments = (text, highlights) => {
    const found = [];
    let at = 0;
    for (const [start, end, level] of highlights) {
      if (start > at) found.push({ text: text.slice(at, start), name: "" });
      found.push({ text: text.slice(start, end), name: `mark ${level > 0 ? "for" : "against"}-${Math.abs(level)}` });
      at = end;
    }
    if (at < text.length) found.push({ text: text.slice(at), name: "" });
    return found;
  };

  const node = ({ text, name }) =>
    name === ""
      ? document.createTextNode(text)
      : Object.assign(document.createElement("span"), { className: name, textContent: text });

  // Highlights of an older text, moved to where their words now are; those that the edit touched are dropped.
  const shifted = (highlights, before, after) => {
    const [head, tail] = commonEnds(before, after, (one, other) => one === other);
    const moved = after.length - before.length;
    const kept = [];
    for (const [start, end, level] of highlights) {
      if (end <= head) kept.push([start, end, level]);
      else if (start >= before.length - tail) kept.push([start + moved, end + moved, level]);
    }
    return kept;
  };

  // How many items two sequences share at their beginning, and after that at their end.
  const commonEnds = (before, after, same) => {
    const shorter = Math.min(before.length, after.length);
    let head = 0;
    while (head < shorter && same(before[head], after[head])) head += 1;
    let tail = 0;
    while (tail < shorter - head && same(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
    return [head, tail];
  };

  opine.view = { open, render, fill, askForStars, scheduleSummary };
})();
