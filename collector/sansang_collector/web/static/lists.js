"use strict";
// Lists narrow while somebody types, without marks and capitals, as the server does after Enter; the address keeps what was
// typed, so that a renewed page stays narrow. And one tick ticks a whole page.

function plain(text) {
  const bare = text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "");
  return bare.replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

function narrow() {
  const form = document.querySelector("form[data-narrows]");
  if (!form) return;
  const words = plain(form.elements.q.value).split(" ");
  const onlyProblems = form.elements.problems.checked;
  let left = 0;
  for (const item of document.querySelectorAll(form.dataset.narrows)) {
    const fits = words.every((word) => item.dataset.plain.includes(word)) && (!onlyProblems || "problem" in item.dataset);
    item.hidden = !fits;
    left += fits;
  }
  for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector(":scope li:not([hidden])");
  const none = document.querySelector(".none");
  if (none) none.hidden = left > 0;
}

function remember(form) {
  const address = new URL(location.href);
  for (const [name, value] of [["q", form.elements.q.value], ["problems", form.elements.problems.checked ? "1" : ""]]) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  address.searchParams.delete("offset");
  history.replaceState(null, "", address);
}

document.addEventListener("input", (event) => {
  if (event.target.id === "tick-all") {
    for (const box of event.target.form.querySelectorAll("tbody input[name=id]")) box.checked = event.target.checked;
  }
  const form = event.target.closest("form[data-narrows]");
  if (!form) return;
  narrow();
  remember(form);
  soon(); // what was left out before may fit now, and only the server has it
});

document.addEventListener("swapped", narrow);
