// Puts the composer's state on the page: what is seen, and what is said to those who do not see it.
(() => {
  const opine = (window.opine ??= {});
  const byId = (id) => document.getElementById(id);
  const percent = (share) => `${Math.round(share * 100)}%`;
  const starsText = (stars) => `${stars} ${stars === 1 ? "star" : "stars"}`;
  const LABEL_WORDS = { bad: "Bad", average: "Average", good: "Good" };

  // Spoken only once the typing has rested, and only if the gist has changed.
  const SPEAK_AFTER_MS = 1500;
  const SPOKEN_WORDS = 3;

  let shownStars = null;
  let speechTimer = null;
  let spokenGist = "";

  // A page that Dash has just drawn; answers the layer that carries its highlights.
  const open = ({ brand, text }) => {
    cancelSummary();
    shownStars = null;
    byId("company_name").textContent = brand.name;
    byId("review").value = text;
    const highlighter = new Highlighter(byId("review-highlights"));
    highlighter.follow(text);
    return highlighter;
  };

  // May be called as often as one likes with the same state.
  const render = (state, notice) => {
    showSentiment(state.prediction);
    showProbabilities(state.prediction);
    showRating(state);
    showHint(state);
    showSubmit(state);
    showNotice(notice);
  };

  const showSentiment = (prediction) => {
    const meter = byId("progress");
    const words = prediction ? LABEL_WORDS[prediction.label] : "";
    const share = prediction ? percent(prediction.score) : "";
    meter.dataset.label = prediction?.label ?? "none";
    meter.setAttribute("aria-valuenow", prediction ? Math.round(prediction.score * 100) : 0);
    meter.setAttribute("aria-valuetext", prediction ? `${words}, ${share}` : "Nothing to read yet");
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

  const showRating = ({ choice, prediction, text, predictionError }) => {
    const proposal = prediction?.stars ?? null;
    const stars = choice ?? proposal;
    if (stars !== shownStars) {
      shownStars = stars;
      window.dash_clientside.set_props("rating-group", { value: stars === null ? "" : String(stars) });
    }
    const composer = byId("composer");
    composer.dataset.stars = stars ?? 0;
    composer.dataset.starsFrom = choice === null ? "words" : "person";
    byId("use-proposal").hidden = choice === null || proposal === null;
    byId("rating-source").textContent = ratingSource({ choice, proposal, text, predictionError });
  };

  const ratingSource = ({ choice, proposal, text, predictionError }) => {
    if (choice !== null) {
      if (proposal === null) return "Your choice.";
      if (proposal === choice) return "Your choice, and what your words suggest.";
      return `Your choice; your words suggest ${proposal}.`;
    }
    if (proposal !== null) return "Proposed by your words, yours to change.";
    if (predictionError) return "Choose the stars yourself.";
    return text.trim() ? "Reading …" : "Start writing, and your words will suggest a rating.";
  };

  const showHint = ({ text }) => {
    const longest = byId("review").maxLength;
    byId("review-hint").textContent =
      text.length < longest
        ? "Kept in this browser until you submit it"
        : `Nothing more fits in: a review has at most ${longest.toLocaleString("en")} characters`;
  };

  const showSubmit = ({ text, choice, prediction, submitting }) => {
    const hasText = text.trim() !== "";
    const hasStars = (choice ?? prediction?.stars ?? null) !== null;
    byId("submit_button").disabled = submitting || !hasText || !hasStars;
    byId("submit_button").dataset.submitting = submitting;
    byId("submit-label").textContent = submitting ? "Saving …" : "Submit review";
    byId("submit-hint").textContent = submitHint(hasText, hasStars);
  };

  const submitHint = (hasText, hasStars) => {
    if (!hasText) return "Write a few words to submit.";
    if (!hasStars) return "Choose a rating to submit.";
    // Who has nothing but a touch screen has no such keys.
    return matchMedia("(any-pointer: fine)").matches ? "Ctrl + Enter submits too." : "";
  };

  // A notice is {title, text, action: {label, run} or none}; the same notice is not announced twice.
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
        onclick: notice.action.run,
      });
      place.append(button);
    }
  };

  const showThanks = (brand, stars) => {
    byId("thanks-text").textContent = `${starsText(stars)} for ${brand.name}.`;
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

  const scheduleSummary = (text, prediction) => {
    const gist = `${prediction.label} ${prediction.stars}`;
    clearTimeout(speechTimer);
    if (gist === spokenGist) return;
    speechTimer = setTimeout(() => {
      spokenGist = gist;
      const status = byId("composer-status");
      if (status) status.textContent = summary(text, prediction);
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
    while (tail < shorter - head && same(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail += 1;
    return [head, tail];
  };

  opine.view = { open, render, showThanks, scheduleSummary, cancelSummary };
})();
