"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

// A question marks its region on the picture beside it.
function choose(question) {
  const card = question.closest(".card");
  all(".question", card).forEach((one) => one.setAttribute("aria-pressed", one === question));
  all("path", card).forEach((path) => path.setAttribute("d", question.dataset.outline));
}
all(".question").forEach((question) => {
  question.addEventListener("click", () => choose(question));
  question.addEventListener("focus", () => choose(question));
});
function chooseFirst(card) {
  const there = all("li:not([hidden]) .question", card);
  const first = there.find((one) => one.dataset.outline) || there[0];
  if (first) choose(first);
}
all(".card").forEach(chooseFirst);

// The slider uncovers the pristine photograph from the left.
function slide(slider) {
  const before = slider.closest(".picture").querySelector(".before");
  before.style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
}
all(".slider input").forEach((slider) => slider.addEventListener("input", () => slide(slider)));
byId("all-before").addEventListener("change", (event) => {
  all(".slider input").forEach((slider) => {
    slider.value = event.target.checked ? 100 : 0;
    slide(slider);
  });
});
byId("mask-style").addEventListener("change", (event) => {
  byId("rows").classList.toggle("filled", event.target.value === "filled");
  byId("rows").classList.toggle("hidden-marks", event.target.value === "hidden");
});

// Filters: the server is asked, the file hides what does not fit.
const form = document.querySelector("form.filters");
const facets = all("select[name]", form);
const names = form.dataset.names.split(" ");
const served = "served" in form.dataset;
const rows = all(".questions li").map((row) => [row, JSON.parse(row.dataset.facets)]);
const said = byId("shown").textContent;
function filter() {
  const wanted = facets.filter((one) => one.value).map((one) => [names.indexOf(one.name), one.value]);
  rows.forEach(([row, has]) => {
    row.hidden = !wanted.every(([place, value]) => has[place].includes(value));
  });
  const cards = all(".card");
  cards.forEach((card) => {
    card.hidden = !card.querySelector("li:not([hidden])");
    if (!card.hidden) chooseFirst(card);
  });
  const left = rows.filter(([row]) => !row.hidden).length;
  const pictures = cards.filter((card) => !card.hidden).length;
  byId("none").hidden = left > 0;
  byId("shown").textContent = wanted.length ? `${left} of the ${rows.length} questions here fit, ${pictures} of ${cards.length} pictures` : said;
}
facets.forEach((one) => one.addEventListener("change", () => {
  if (!served) return filter();
  facets.forEach((facet) => { facet.disabled = !facet.value; });
  form.submit();
}));
form.addEventListener("reset", () => setTimeout(() => {
  if (served) { location.search = ""; return; }
  filter();
  byId("mask-style").dispatchEvent(new Event("change"));
  byId("all-before").dispatchEvent(new Event("change"));
}));

// Tabs, with the arrow keys as everywhere.
const tabs = all('[role="tab"]');
function open(tab) {
  tabs.forEach((one) => {
    one.setAttribute("aria-selected", one === tab);
    one.tabIndex = one === tab ? 0 : -1;
    byId(one.getAttribute("aria-controls")).hidden = one !== tab;
  });
}
tabs.forEach((tab, number) => {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(number + step + tabs.length) % tabs.length];
    open(next);
    next.focus();
  });
});

const reason = byId("reason");
if (reason) reason.addEventListener("change", () => {
  all("tr[data-reason]").forEach((row) => {
    row.hidden = Boolean(reason.value) && row.dataset.reason !== reason.value;
  });
});
