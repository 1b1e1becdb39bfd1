"use strict";
const { token, place, last, words } = document.body.dataset;
const here = Number(place);
const byId = (id) => document.getElementById(id);
const fields = [...document.querySelectorAll("fieldset")];
let current = 0;

// Ratings are sent one after the other; nobody leaves the page before the last is on the disk.
let sending = Promise.resolve(true);
function send(address, body) {
  sending = sending.then(async () => {
    try {
      const answer = await fetch(`/${address}/${token}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(await answer.text());
      byId("trouble").hidden = true;
      return await answer.json();
    } catch (error) {
      byId("trouble").textContent = `Not saved: ${error.message}. Your last key did not count; press it again when the server is back.`;
      byId("trouble").hidden = false;
      return null;
    }
  });
  return sending;
}

function point(number) {
  current = Math.max(0, Math.min(fields.length - 1, number));
  fields.forEach((field, index) => field.classList.toggle("on", index === current));
}

async function score(field, value) {
  const radio = field.querySelector(`input[value="${value}"]`);
  const before = field.querySelector("input:checked");
  radio.checked = true;
  // pale until the server says that it is on the disk
  field.setAttribute("aria-busy", "true");
  point(fields.indexOf(field) + 1);
  const saved = await send("rate", { place: here, dimension: field.dataset.dimension, score: Number(value) });
  field.setAttribute("aria-busy", "false");
  if (saved) {
    byId("done").textContent = `${saved.done} of ${last} rated`;
    byId("progress").value = saved.done;
    return;
  }
  point(fields.indexOf(field));
  if (before) before.checked = true;
  else radio.checked = false;
}

async function saveWords() {
  const field = byId("words");
  if (field.value === field.defaultValue) return true;
  const sent = field.value;
  const saved = await send("rate", { place: here, dimension: words, words: sent });
  if (saved) field.defaultValue = sent;
  return saved;
}

async function go(to) {
  if (byId("words") && !(await saveWords())) return;
  if ((await sending) === null) return;
  location.href = `/rate/${token}?place=${Math.max(0, to)}`;
}

async function undo() {
  const answer = await send("undo", {});
  if (answer && answer.place !== null) location.href = `/rate/${token}?place=${answer.place}`;
}

function mask() {
  const off = byId("picture").classList.toggle("off");
  if (byId("mask")) byId("mask").setAttribute("aria-pressed", String(!off));
}

if (fields.length) {
  const open = fields.findIndex((field) => !field.querySelector("input:checked"));
  point(open < 0 ? fields.length - 1 : open);
  fields.forEach((field, number) => {
    field.addEventListener("change", (event) => score(field, event.target.value));
    field.addEventListener("focusin", () => point(number));
  });
  byId("next").addEventListener("click", () => go(here + 1));
  byId("back").addEventListener("click", () => go(here - 1));
  byId("undo").addEventListener("click", undo);
  byId("words").addEventListener("change", saveWords);
  if (byId("mask")) byId("mask").addEventListener("click", mask);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = event.target.id === "words";
  if (writing && event.key === "Escape") event.target.blur();
  if (byId("begin") && event.key === "Enter" && event.target.tagName !== "A") location.href = byId("begin").href;
  if (!fields.length || (writing && event.key !== "Enter")) return;
  const keys = {
    Enter: () => go(here + 1),
    ArrowRight: () => go(here + 1),
    ArrowLeft: () => go(here - 1),
    ArrowDown: () => point(current + 1),
    ArrowUp: () => point(current - 1),
    u: undo,
    m: mask,
    w: () => byId("words").focus(),
  };
  if (/^[1-5]$/.test(event.key)) {
    event.preventDefault();
    score(fields[current], event.key);
  } else if (keys[event.key] && !(event.key === "Enter" && event.target.tagName === "BUTTON")) {
    event.preventDefault();
    keys[event.key]();
  }
});
