// Every state that the composer can get into with two texts, and what leads from one to the next.
// Answers {transitions: {attempt: [[from, event, to]], proposal: [...]}, states, broken: [sentence]}.
const { initial, next, seenStars, starsOf, words } = window.opine.composerState;

const STARS = { good: 5, bad: 1 };
const prediction = (text) => ({
  stars: STARS[text],
  score: 0.5,
  label: text,
  model: { name: "m", version: "1" },
  signature: `of ${text}`,
});
const error = (reason) => ({ reason, title: "t", text: "t" });

const EVENTS = [
  ...["", " ", "good", " good ", "bad"].map((text) => ({ type: "edit", text })),
  ...[null, 3].map((stars) => ({ type: "choose", stars })),
  ...["good", "bad"].flatMap((text) => [
    { type: "predicted", text, prediction: prediction(text) },
    { type: "predictionFailed", text, error: error("offline") },
    { type: "predictionFailed", text, error: error("unreadable") },
  ]),
  { type: "submit" },
  { type: "readAgain" },
  { type: "reconnect" },
  { type: "anew", key: "another key" },
  { type: "otherTab", text: "bad", choice: null, key: "key" },
  { type: "otherTab", text: "good", choice: 3, key: "other tab's key" },
];
// What only a review on its way can bring.
const ANSWERS = [
  { type: "saved" },
  { type: "lost", error: error("offline") },
  { type: "refused", error: error("busy") },
  { type: "refused", error: error("already_saved") },
  { type: "refused", error: error("hidden") },
];

const broken = new Set();
const require = (holds, sentence, before, event) => {
  if (!holds) broken.add(`${sentence}: ${JSON.stringify(event)} in ${JSON.stringify(before)}`);
};

const check = (before, event, after, effects) => {
  const { proposal } = after;
  const sent = effects.filter((effect) => effect.do === "send");
  require((proposal.phase === "none") === (words(after.text) === ""), "no words, no proposal", before, event);
  if (proposal.phase === "shown") {
    const own = proposal.prediction.signature === `of ${words(after.text)}`;
    require(own, "a proposal of other words is shown as theirs", before, event);
  }
  require(sent.length <= 1, "two at a time", before, event);
  require((after.attempt.phase === "sending") === (before.attempt.phase === "sending" && sent.length === 0 &&
    !["saved", "lost", "refused"].includes(event.type) || sent.length === 1), "sent and not said so", before, event);
  for (const { review, key } of sent) {
    require(key === after.key && key, "another draft's key", before, event);
    require(review.text === words(after.text) && review.text !== "", "other words are sent", before, event);
    require([1, 3, 5].includes(review.stars), "no stars", before, event);
    const own = review.prediction === null || review.prediction.signature === `of ${review.text}`;
    require(own, "a proposal of other words is sent", before, event);
    require(seenStars(before) === review.stars, "stars are sent that were not on the page", before, event);
    require(after.choice === null || after.choice === review.stars, "not the stars that were chosen", before, event);
  }
  const over = ["saved", "hidden"].includes(after.attempt.phase) && after !== before;
  require(!over || effects.some((one) => one.do === "clear"), "a draft that is over stays", before, event);
  require(!over || words(before.text) === before.attempt.review.text, "words are over that were not sent", before, event);
  require(event.type !== "saved" || over || after.attempt.phase === "taken", "saved and not over", before, event);
  require(starsOf(after) === null || starsOf(after) === seenStars(after), "other stars than are shown", before, event);
};

const beginnings = [
  initial({ brand: { slug: "lego" }, key: "key" }),
  initial({ brand: { slug: "lego" }, key: "key", text: "good", choice: 3 }),
  initial({ brand: { slug: "lego" }, key: "key", text: "good",
    review: { brand: "lego", text: "good", stars: 5, prediction: null } }),
];
const identity = (state) => JSON.stringify({ ...state, attempt: { ...state.attempt, tries: 0 } });
const transitions = { attempt: new Set(), proposal: new Set() };
const known = new Set();
const open = [];
const visit = (state) => {
  if (!known.has(identity(state))) {
    known.add(identity(state));
    open.push(state);
  }
};
const step = (before, event) => {
  const frozen = JSON.stringify(before);
  const [after, effects] = next(before, event);
  require(JSON.stringify(before) === frozen, "a state was changed", before, event);
  if (event.type !== "opened") check(before, event, after, effects);
  for (const part of ["attempt", "proposal"]) {
    const [from, to] = [before[part].phase, after[part].phase];
    if (from !== to) transitions[part].add(JSON.stringify([from, event.type, to]));
  }
  visit(after);
};
for (const state of beginnings) step(state, { type: "opened" });
while (open.length) {
  const state = open.pop();
  for (const event of EVENTS) step(state, event);
  if (state.attempt.phase === "sending") for (const event of ANSWERS) step(state, event);
}
return {
  states: known.size,
  broken: [...broken].slice(0, 5),
  transitions: Object.fromEntries(
    Object.entries(transitions).map(([part, found]) => [part, [...found].map((one) => JSON.parse(one))]),
  ),
};
