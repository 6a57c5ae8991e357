// Asks for the sentiment of the text: after a pause in typing, one question at a time, the newest only.
(() => {
  const opine = (window.opine ??= {});

  // A pause of this length ends a burst of keys; shorter than most people's pause between two words.
  const PREDICT_DEBOUNCE_MS = 150;
  // Who types without any pause is answered at least this often.
  const PREDICT_MAX_WAIT_MS = 600;
  // Longer than the frontend waits for the API twice, so that its explanation arrives.
  const PREDICT_TIMEOUT_MS = 15000;
  const RETRY_AFTER_S = 5;
  const LONGEST_RETRY_S = 60;
  const WORTH_RETRYING = new Set(["sentiment_away", "sentiment_late", "unreachable", "offline"]);

  class Predictor {
    // `onReading(text, reading)` and `onTrouble(text, trouble)` are only called for the text that was asked for last.
    constructor(onReading, onTrouble) {
      this.onReading = onReading;
      this.onTrouble = onTrouble;
      this.timer = null;
      this.burstStarted = null;
      this.controller = null;
    }

    schedule(text) {
      const now = performance.now();
      this.burstStarted ??= now;
      const longest = this.burstStarted + PREDICT_MAX_WAIT_MS - now;
      this.later(text, Math.max(0, Math.min(PREDICT_DEBOUNCE_MS, longest)));
    }

    cancel() {
      clearTimeout(this.timer);
      this.burstStarted = null;
      this.controller?.abort();
      this.controller = null;
    }

    later(text, delayMs) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(text), delayMs);
    }

    async ask(text) {
      this.cancel();
      const controller = new AbortController();
      this.controller = controller;
      const timeout = setTimeout(() => controller.abort("timeout"), PREDICT_TIMEOUT_MS);
      const { answer, trouble } = await opine.postJson("/predict", { text }, controller.signal);
      clearTimeout(timeout);
      if (this.controller !== controller) return;
      this.controller = null;
      if (answer) {
        this.onReading(text, answer);
        return;
      }
      this.onTrouble(text, trouble);
      if (WORTH_RETRYING.has(trouble.reason)) {
        this.later(text, 1000 * Math.min(LONGEST_RETRY_S, Math.max(RETRY_AFTER_S, trouble.retry_after_s ?? 0)));
      }
    }
  }

  Object.assign(opine, { Predictor, PREDICT_DEBOUNCE_MS, PREDICT_MAX_WAIT_MS });
})();
