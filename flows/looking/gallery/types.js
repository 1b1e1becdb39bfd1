"use strict";
const types = document.getElementById("types");
const view = document.getElementById("view");
const all = (selector) => [...types.querySelectorAll(selector)];

view.addEventListener("change", () => all("img").forEach((image) => {
  image.hidden = image.className !== view.value;
}));
document.getElementById("family").addEventListener("change", (event) => all(".type").forEach((one) => {
  one.hidden = Boolean(event.target.value) && one.dataset.family !== event.target.value;
}));
all("figure").forEach((figure) => {
  const swap = (pristine) => figure.querySelectorAll("img").forEach((image) => {
    image.dataset.after ??= image.src;
    image.src = pristine ? types.dataset[image.className === "whole" ? "beforeWhole" : "beforeDetail"] : image.dataset.after;
  });
  figure.addEventListener("pointerenter", () => swap(true));
  figure.addEventListener("pointerleave", () => swap(false));
  figure.addEventListener("focus", () => swap(true));
  figure.addEventListener("blur", () => swap(false));
});
