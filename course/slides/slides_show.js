/* Turns the sheets that slides_pack.js has filled. */
"use strict";
const SHOWN = {
  predict: "Outputs wait for the next press where a prediction is asked",
  all: "All outputs wait for the next press",
  none: "All outputs are shown at once",
};
const KEYS = [
  ["→ space PageDown", "next"], ["← PageUp", "back"], ["Home End", "first, last"],
  ["o", "outputs: after a prediction, all at a press, all at once"],
  ["c", "code that only draws figures, and imports: with or without"],
  ["t", "contents"], ["f", "whole screen"], ["b", "black screen"],
  ["number, Enter", "go to this page"], ["Ctrl-P", "print, or save as PDF"],
];
const toast = document.body.appendChild(element("div", "toast"));
toast.setAttribute("role", "status");
let at = 0, revealed = true, mode = "predict", typed = "";

/* A slide of results alone came by a press, and need not wait for another. */
function waits(slide) {
  const what = { predict: ".answer", all: ".out", none: ".nothing" }[mode];
  return !slide.matches(".explains") && slide.querySelector(what) !== null
    && slide.querySelector(".body > :not(.out)") !== null;
}
function show(index, asked = false) {
  at = Math.max(0, Math.min(slides.length - 1, index));
  revealed = asked || !waits(slides[at]);
  slides.forEach((s, i) => {
    s.classList.toggle("current", i === at);
    s.classList.toggle("hiding", i === at && !revealed);
  });
  history.replaceState(null, "", `#${at + 1}`);
}
function turn(by) {
  if (by > 0 && !revealed) show(at, true);
  else if (at + by >= 0 && at + by < slides.length) show(at + by, by < 0);
}
function say(text) {
  toast.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.textContent = ""; }, 3500);
}
function overlay(rows) {
  const dialog = element("dialog", "overlay");
  rows.forEach(([name, what, act]) => {
    const row = dialog.appendChild(element(act ? "button" : "p", ""));
    row.append(element("b", "", name), element("span", "", what));
    row.onclick = () => { dialog.close(); act?.(); };
  });
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}
function contents() {
  const rows = slides.flatMap((slide, i) => {
    const heading = slide.querySelector("h1, h2");
    return heading ? [[`${i + 1}`, heading.textContent, () => show(i)]] : [];
  });
  overlay(rows);
}
function rebuild() {
  const share = at / slides.length;
  withAsides = !withAsides;
  build();
  show(Math.round(share * slides.length), true);
  say(withAsides ? "With all code" : "Without code that only draws, and imports");
}
function cycle() {
  const modes = Object.keys(SHOWN);
  mode = modes[(modes.indexOf(mode) + 1) % modes.length];
  show(at);
  say(SHOWN[mode]);
}
function fullScreen() {
  document.fullscreenElement ? document.exitFullscreen() : document.body.requestFullscreen();
}
const act = {
  ArrowRight: () => turn(1), PageDown: () => turn(1), " ": () => turn(1), ArrowDown: () => turn(1),
  ArrowLeft: () => turn(-1), PageUp: () => turn(-1), ArrowUp: () => turn(-1),
  Home: () => show(0), End: () => show(slides.length - 1, true), o: cycle, c: rebuild, t: contents,
  f: fullScreen, b: () => document.body.classList.toggle("black"), "?": () => overlay(KEYS),
};
act["."] = act.b;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog")) return;
  if (/^\d$/.test(event.key)) { typed += event.key; say(`Page ${typed} …`); return; }
  if (event.key === "Enter" && typed) { show(Number(typed) - 1); say(""); }
  typed = "";
  if (act[event.key]) { event.preventDefault(); act[event.key](); }
});
deck.addEventListener("click", (event) => {
  if (!event.target.closest("a")) turn(event.clientX < innerWidth / 4 ? -1 : 1);
});
function scale() {
  const factor = Math.min(innerWidth / 1280, innerHeight / 720);
  const [x, y] = [(innerWidth - 1280 * factor) / 2, (innerHeight - 720 * factor) / 2];
  deck.style.transform = `translate(${x}px, ${y}px) scale(${factor})`;
}
async function start() {
  await Promise.all([...source.querySelectorAll("img")].map((i) => i.decode().catch(() => 0)));
  document.body.classList.add("on");
  build();
  scale();
  addEventListener("resize", scale);
  show((parseInt(location.hash.slice(1), 10) || 1) - 1);
  if (at === 0) say("→ turns the page, ? lists the keys");
  document.body.dataset.ready = slides.length;
}
start();
