// The page's reading in words, for those who do not see colours, bars and underlines.
(() => {
  const opine = (window.opine ??= {});

  // Spoken only once the typing has rested, and only if the gist has changed.
  const SPEAK_AFTER_MS = 1500;
  const MOST_WORDS = 3;

  const strongest = (text, spans, sign) => {
    const sided = spans.filter(([, , level]) => Math.sign(level) === sign);
    sided.sort((one, other) => Math.abs(other[2]) - Math.abs(one[2]));
    return [...new Set(sided.map(([start, end]) => text.slice(start, end)))].slice(0, MOST_WORDS);
  };

  const starsText = (stars) => `${stars} ${stars === 1 ? "star" : "stars"}`;

  const summary = (text, reading) => {
    const parts = [
      `Sentiment ${reading.label}, ${Math.round(reading.score * 100)} percent.`,
      `Proposed rating: ${starsText(reading.stars)}.`,
    ];
    const forWords = strongest(text, reading.spans, 1);
    const againstWords = strongest(text, reading.spans, -1);
    if (forWords.length) parts.push(`Speaks for: ${forWords.join(", ")}.`);
    if (againstWords.length) parts.push(`Speaks against: ${againstWords.join(", ")}.`);
    return parts.join(" ");
  };

  const chances = (probabilities) =>
    `How likely each rating is: ${probabilities
      .map((chance, index) => `${starsText(index + 1)} ${Math.round(chance * 100)} percent`)
      .join(", ")}.`;

  let timer = null;
  let lastGist = "";

  const speak = (text, reading) => {
    const gist = `${reading.label} ${reading.stars}`;
    clearTimeout(timer);
    if (gist === lastGist) return;
    timer = setTimeout(() => {
      lastGist = gist;
      const status = document.getElementById("composer-status");
      if (status) status.textContent = summary(text, reading);
    }, SPEAK_AFTER_MS);
  };

  const silence = () => {
    clearTimeout(timer);
    lastGist = "";
  };

  opine.summary = { summary, chances, speak, silence, starsText };
})();
