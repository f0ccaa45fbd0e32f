"use strict";
// Keeps the page true without a reload: a change at the centre, or fifteen seconds, fetches the page again and swaps
// its <main>, leaving focus and scrolling where they were. Says so when the centre cannot be reached. A page that nobody
// sees lets its stream go: a browser has only six connections for all its tabs.

const main = document.getElementById("main");
const offline = document.getElementById("offline");
const REFRESH_MS = 15000; // relative times and silences grow old without any event
const LEAST_GAP_MS = 1000;
const PATIENCE_MS = 4000; // a stream that is renewed is not an outage
const RETRY_MS = 5000;

let newest = main.dataset.change;
let stream = null;
let fetched = 0;
let waiting = 0;
let doubt = 0;
let pressed = 0;

function say(isOffline) {
  clearTimeout(doubt);
  doubt = 0;
  offline.hidden = !isOffline;
}

function suspect() {
  if (!doubt) doubt = setTimeout(() => say(true), PATIENCE_MS);
}

// What somebody is doing on the page outlives the swap: what is focused, typed and ticked, and which way a table is pushed.
function swap(fresh) {
  const active = main.contains(document.activeElement) ? document.activeElement : null;
  const typed = active?.matches("input[type=search]") ? [active.value, active.selectionStart, active.selectionEnd] : null;
  const ticked = [...main.querySelectorAll("table :checked, fieldset :checked")].map((box) => box.id);
  const written = [...main.querySelectorAll("form[method=post] :is(textarea, input:not([type]))")].filter((field) => field.value !== field.defaultValue);
  const unfolded = [...main.querySelectorAll("details[open]")].map((one) => one.id);
  const caret = active?.matches("textarea, input:not([type])") ? [active.selectionStart, active.selectionEnd] : null;
  const pushed = main.querySelector(".table")?.scrollLeft;
  const scrolled = [window.scrollX, window.scrollY];
  main.replaceChildren(...fresh.childNodes);
  for (const id of ticked) {
    const box = document.getElementById(id);
    if (box) box.checked = true;
  }
  for (const field of written) {
    const fresh = document.getElementById(field.id);
    if (fresh) fresh.value = field.value;
  }
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (pushed) main.querySelector(".table")?.scrollTo({ left: pushed });
  const again = active?.id ? document.getElementById(active.id) : null;
  again?.focus({ preventScroll: true });
  if (typed && again) {
    again.value = typed[0];
    again.setSelectionRange(typed[1], typed[2]);
  }
  if (caret && again) again.setSelectionRange(...caret);
  window.scrollTo(...scrolled);
  document.dispatchEvent(new Event("swapped"));
}

async function refresh() {
  waiting = 0;
  fetched = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) return suspect();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (Date.now() - pressed < PATIENCE_MS) return soon(); // what is tapped would be gone before the finger is up
    // A list being chosen from would shut; the next round is soon enough.
    if (document.activeElement?.tagName !== "SELECT") swap(page.getElementById("main"));
    if (!newest || stream?.readyState === EventSource.OPEN) say(false);
  } catch {
    suspect();
  }
}

function soon() {
  if (!waiting && !document.hidden) waiting = setTimeout(refresh, Math.max(0, fetched + LEAST_GAP_MS - Date.now()));
}

function listen() {
  stream = new EventSource(`/api/v1/stream?after=${newest}`);
  stream.addEventListener("open", () => {
    say(false);
    soon();
  });
  stream.addEventListener("change", (event) => {
    newest = event.lastEventId;
    soon();
  });
  stream.addEventListener("error", () => {
    suspect();
    if (stream?.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
  });
}

function follow() {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (!stream || stream.readyState === EventSource.CLOSED) {
    listen();
  }
}

document.addEventListener("pointerdown", () => {
  pressed = Date.now();
});
for (const kind of ["pointerup", "pointercancel"]) {
  document.addEventListener(kind, () => setTimeout(() => {
    pressed = 0; // the click is told right after
  }));
}

// A stretch of a time line tells its times below the line, for fingers and keyboards as well as for a mouse.
function caption(event) {
  const stretch = event.target.closest(".stretch");
  const text = stretch?.closest("figure")?.querySelector("figcaption .picked");
  if (text) text.textContent = stretch.querySelector("title").textContent;
}

for (const kind of ["focusin", "pointerover", "click"]) document.addEventListener(kind, caption);

if (newest) {
  follow();
  setInterval(soon, REFRESH_MS);
  document.addEventListener("visibilitychange", follow);
} else if ("calm" in main.dataset) {
  setInterval(soon, REFRESH_MS); // a list of very many, in which something changes all the time
}
