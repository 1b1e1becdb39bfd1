"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// A person can be taken out of all pictures.
all(".people input").forEach((box) => box.addEventListener("change", () => {
  all("[data-person]").forEach((one) => {
    if (one.dataset.person === box.value) one.toggleAttribute("hidden", !box.checked);
  });
}));

// What somebody said is drawn bold while it is chosen.
all(".card").forEach((card) => {
  const marks = all("path.mark", card), words = all(".question", card);
  const choose = (number) => {
    marks.forEach((mark, n) => mark.classList.toggle("on", n === number));
    words.forEach((word, n) => word.setAttribute("aria-pressed", String(n === number)));
  };
  words.forEach((word, number) => {
    word.addEventListener("click", () => choose(number));
    word.addEventListener("focus", () => choose(number));
  });
});
