// The layer behind the textarea that carries the marks: the same text in the same type, cut into segments.
(() => {
  const opine = (window.opine ??= {});

  // Levels are -3 ... 3, as the server grades words; spans are [start, end, level] in UTF-16 code units, in order.
  const className = (level) => (level > 0 ? `mark for-${level}` : `mark against-${-level}`);

  const segments = (text, spans) => {
    const found = [];
    let at = 0;
    for (const [start, end, level] of spans) {
      if (start > at) found.push({ text: text.slice(at, start), name: "" });
      found.push({ text: text.slice(start, end), name: className(level) });
      at = end;
    }
    if (at < text.length) found.push({ text: text.slice(at), name: "" });
    return found;
  };

  const same = (one, other) => one.text === other.text && one.name === other.name;

  const node = ({ text, name }) => {
    if (name === "") return document.createTextNode(text);
    const mark = document.createElement("span");
    mark.className = name;
    mark.textContent = text;
    return mark;
  };

  // Spans of an older text, moved to where their words now are; those that the edit touched are dropped.
  const shiftSpans = (spans, before, after) => {
    const shorter = Math.min(before.length, after.length);
    let head = 0;
    while (head < shorter && before[head] === after[head]) head += 1;
    let tail = 0;
    while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
    const moved = after.length - before.length;
    const tailStart = before.length - tail;
    const kept = [];
    for (const [start, end, level] of spans) {
      if (end <= head) kept.push([start, end, level]);
      else if (start >= tailStart) kept.push([start + moved, end + moved, level]);
    }
    return kept;
  };

  class Mirror {
    constructor(element) {
      this.element = element;
      this.text = "";
      this.spans = [];
      this.painted = [];
      element.replaceChildren();
    }

    // Follow the text at once, with the marks of the last answer.
    follow(text) {
      this.paint(text, shiftSpans(this.spans, this.text, text));
    }

    // Only the segments that differ are touched, so a letter typed into 20,000 costs a node or two.
    paint(text, spans) {
      const wanted = segments(text, spans);
      const shorter = Math.min(wanted.length, this.painted.length);
      let head = 0;
      while (head < shorter && same(wanted[head], this.painted[head])) head += 1;
      let tail = 0;
      while (
        tail < shorter - head &&
        same(wanted[wanted.length - 1 - tail], this.painted[this.painted.length - 1 - tail])
      ) {
        tail += 1;
      }
      const nodes = this.element.childNodes;
      for (let index = this.painted.length - tail - 1; index >= head; index -= 1) nodes[index].remove();
      const fresh = document.createDocumentFragment();
      fresh.append(...wanted.slice(head, wanted.length - tail).map(node));
      this.element.insertBefore(fresh, nodes[head] ?? null);
      this.text = text;
      this.spans = spans;
      this.painted = wanted;
    }
  }

  Object.assign(opine, { Mirror, shiftSpans });
})();
