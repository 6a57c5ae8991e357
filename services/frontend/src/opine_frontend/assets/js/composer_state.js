// The composer's states and what leads from one to the next, without a page, a clock or a network: next(state, event)
// answers the state that follows and what is to be done about it. The table is in the frontend's README; a test holds
// both to each other. A state is never changed, and says five things:
//
//   text        what stands in the field
//   proposal    what the model says: {phase, prediction, error}
//                 none      there are no words
//                 awaited   of the words before; those in the field are being read
//                 shown     of exactly the words in the field
//                 missing   the words in the field could not be read
//   choice      the stars that the person chose, or null
//   attempt     saving it: {phase, review, choice, error, seen, tries}; `review` is what is sent, `choice` that of then
//                 idle        nobody asked for it
//                 confirming  asked for while a proposal was awaited; `seen` are the stars that were on the page then
//                 doubtful    the proposal came, and is not what was seen: the person is asked once more
//                 sending     on its way
//                 waiting     there is no connection; it goes out by itself when there is one
//                 failed      the server could not or would not save it
//                 taken       this draft was saved before, in other words
//                 saved
//                 hidden      saved before, and an admin has hidden it since
//   connected   whether the server answered last time
//
// and beside them the brand, the draft's key, which makes every try and every tab one review, whether this browser could
// keep the draft, and a message from elsewhere on the page, or null.
(() => {
  window.opine ??= {};
  const { opine } = window;

  // Worth another try by itself, as long as the words stay.
  const PASSING = new Set(["sentiment_away", "sentiment_late", "unreachable", "offline"]);
  // The attempt has ended, and with it the draft; the page opens another one.
  const OVER = new Set(["saved", "hidden"]);
  const RETRY_AFTER_S = 5;
  const LONGEST_RETRY_S = 60;

  const NO_PROPOSAL = { phase: "none", prediction: null, error: null };
  const NO_ATTEMPT = { phase: "idle", review: null, choice: null, error: null, seen: null, tries: 0 };

  // Blanks at the ends say nothing; the server cuts them, too.
  const words = (text) => text.trim();

  const initial = ({ brand, key, text = "", choice = null, review = null }) => ({
    brand,
    key,
    text,
    choice,
    proposal: NO_PROPOSAL,
    attempt: review ? { ...NO_ATTEMPT, phase: "waiting", review, choice } : NO_ATTEMPT,
    connected: true,
    kept: true,
    message: null,
  });

  // The stars that would be saved: never those of other words.
  const starsOf = ({ choice, proposal }) => choice ?? (proposal.phase === "shown" ? proposal.prediction.stars : null);

  // Whether what is sent is still what the page says.
  const isUnchanged = ({ text, choice, attempt }) =>
    attempt.review !== null && words(text) === attempt.review.text && choice === attempt.choice;

  // The stars on the page, which are those of the words before while a proposal is awaited.
  const seenStars = (state) => {
    const { choice, proposal, attempt } = state;
    return choice ?? (isUnchanged(state) ? attempt.review.stars : (proposal.prediction?.stars ?? null));
  };

  const reviewOf = (state) => {
    const { proposal, brand } = state;
    const shown = proposal.phase === "shown" ? proposal.prediction : null;
    const { stars, score, label, model, signature } = shown ?? {};
    const prediction = shown && { stars, score, label, model, signature };
    return { brand: brand.slug, text: words(state.text), stars: starsOf(state), prediction };
  };

  const retryAfterS = (asked) => Math.min(LONGEST_RETRY_S, Math.max(RETRY_AFTER_S, asked ?? 0));

  const withAttempt = (state, changed) => ({ ...state, attempt: { ...NO_ATTEMPT, ...changed } });

  const send = (state, review, tries = 0) => [
    withAttempt(state, { phase: "sending", review, choice: state.choice, tries }),
    [{ do: "keep" }, { do: "send", key: state.key, review }],
  ];

  // What the person changes is no longer what they asked to save; one on its way cannot be called back.
  const withdrawn = (state) =>
    ["sending", "taken"].includes(state.attempt.phase) ? state : { ...state, attempt: NO_ATTEMPT };

  // What was sent was stored. What was changed since is not in it.
  const ended = (state, over) =>
    isUnchanged(state)
      ? [withAttempt(state, over), [{ do: "cancelAsk" }, { do: "clear" }]]
      : [withAttempt(state, { phase: "taken" }), [{ do: "keep" }]];

  const ON = {
    opened(state) {
      const waits = state.attempt.phase === "waiting";
      const [begun, effects] = waits ? send(state, state.attempt.review) : [state, []];
      if (words(state.text) === "") return [begun, effects];
      return [
        { ...begun, proposal: { ...NO_PROPOSAL, phase: "awaited" } },
        [...effects, { do: "ask", text: words(state.text) }],
      ];
    },

    edit(state, { text }) {
      if (words(text) === words(state.text)) return [{ ...state, text }, [{ do: "keep" }]];
      const edited = { ...withdrawn(state), text };
      if (words(text) === "") return [{ ...edited, proposal: NO_PROPOSAL }, [{ do: "cancelAsk" }, { do: "keep" }]];
      const { prediction } = state.proposal;
      return [
        { ...edited, proposal: { phase: "awaited", prediction, error: null } },
        [{ do: "askAfterPause", text: words(text) }, { do: "keep" }],
      ];
    },

    choose(state, { stars }) {
      return [{ ...withdrawn(state), choice: stars }, [{ do: "keep" }]];
    },

    // The same draft was written on in another tab.
    otherTab(state, { text, choice, key }) {
      if (["sending", "waiting"].includes(state.attempt.phase)) return [state, []];
      const attempt = key === state.key ? state.attempt : NO_ATTEMPT;
      const own = { ...state, key, attempt };
      const [chosen] = choice === state.choice ? [own] : ON.choose(own, { stars: choice });
      const [edited, effects] = ON.edit(chosen, { text });
      return [edited, [{ do: "fill", text }, ...effects.filter((effect) => effect.do !== "keep")]];
    },

    told(state, { message }) {
      return [{ ...state, message }, []];
    },

    stored(state, { kept }) {
      return [{ ...state, kept }, []];
    },

    predicted(state, { text, prediction }) {
      if (text !== words(state.text)) return [state, []];
      const proposal = { phase: "shown", prediction, error: null };
      const shown = { ...state, connected: true, message: null, proposal };
      const effects = [{ do: "speak", text, prediction }];
      if (state.attempt.phase !== "confirming") return [shown, effects];
      if (prediction.stars !== state.attempt.seen) return [withAttempt(shown, { phase: "doubtful" }), effects];
      const [sending, sent] = send(shown, reviewOf(shown));
      return [sending, [...effects, ...sent]];
    },

    predictionFailed(state, { text, error }) {
      if (text !== words(state.text)) return [state, []];
      const failed = {
        ...state,
        connected: error.reason !== "offline",
        proposal: { phase: "missing", prediction: null, error },
      };
      const retried = PASSING.has(error.reason) ? [{ do: "ask", text, afterS: retryAfterS(error.retry_after_s) }] : [];
      if (state.attempt.phase !== "confirming") return [failed, retried];
      return [withAttempt(failed, {}), [...retried, { do: "askForStars" }]];
    },

    readAgain(state) {
      if (words(state.text) === "") return [state, []];
      return [
        { ...state, proposal: { ...state.proposal, phase: "awaited", error: null } },
        [{ do: "ask", text: words(state.text) }],
      ];
    },

    submit(state) {
      const { attempt, proposal } = state;
      if (words(state.text) === "" || ["sending", "taken"].includes(attempt.phase)) return [state, []];
      if (attempt.review) return send(state, attempt.review, attempt.tries);
      if (starsOf(state) !== null) return send(state, reviewOf(state));
      if (proposal.phase === "missing") return [state, [{ do: "askForStars" }]];
      return [withAttempt(state, { phase: "confirming", seen: seenStars(state) }), []];
    },

    saved(state) {
      return ended({ ...state, connected: true }, { phase: "saved", review: state.attempt.review });
    },

    refused(state, { error }) {
      const answered = { ...state, connected: true };
      if (error.reason === "already_saved") return [withAttempt(answered, { phase: "taken" }), [{ do: "keep" }]];
      if (error.reason === "hidden") return ended(answered, { phase: "hidden", error });
      const { review, choice } = state.attempt;
      const again = isUnchanged(state) ? { review, choice } : {};
      return [withAttempt(answered, { phase: "failed", error, ...again }), [{ do: "keep" }]];
    },

    // Nobody answered: it may be saved or not, and the key makes a second try safe.
    lost(state, { error }) {
      const { review, choice, tries } = state.attempt;
      const alone = { ...state, connected: false };
      if (!isUnchanged(state)) return [withAttempt(alone, {}), [{ do: "keep" }]];
      return [
        withAttempt(alone, { phase: "waiting", review, choice, error, tries: tries + 1 }),
        [{ do: "keep" }, { do: "sendAgain", afterS: retryAfterS(RETRY_AFTER_S * 2 ** tries) }],
      ];
    },

    // A timer's end, or the browser says that there is a network again.
    reconnect(state) {
      const { attempt, proposal } = state;
      const [begun, effects] = attempt.phase === "waiting" ? send(state, attempt.review, attempt.tries) : [state, []];
      if (proposal.phase !== "missing" || !PASSING.has(proposal.error.reason)) return [begun, effects];
      const [read, asked] = ON.readAgain(begun);
      return [read, [...effects, ...asked]];
    },

    // The words in the field become a review of their own.
    anew(state, { key }) {
      if (state.attempt.phase !== "taken") return [state, []];
      return ON.submit({ ...state, key, attempt: NO_ATTEMPT });
    },
  };

  const isOver = (state) => OVER.has(state.attempt.phase);

  const next = (state, event) => (isOver(state) ? [state, []] : ON[event.type](state, event));

  const wouldBeLost = (state) => !state.kept && words(state.text) !== "" && !isOver(state);

  opine.composerState = { initial, next, starsOf, seenStars, words, isOver, wouldBeLost, events: Object.keys(ON) };
})();
