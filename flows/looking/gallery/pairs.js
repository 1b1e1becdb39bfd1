"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// The region of the chosen question is outlined in both pictures.
all(".card").forEach((card) => {
  const asked = all(".question", card), paths = all("svg path", card);
  const choose = (one) => {
    asked.forEach((other) => other.setAttribute("aria-pressed", String(other === one)));
    paths.forEach((path) => path.setAttribute("d", one.dataset.outline));
  };
  asked.forEach((one) => {
    one.addEventListener("click", () => choose(one));
    one.addEventListener("focus", () => choose(one));
  });
  if (asked.length) choose(asked[0]);
});
