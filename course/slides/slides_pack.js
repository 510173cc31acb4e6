/* Puts a lesson's pieces on sheets of 1280 x 720; slides_show.js turns them. */
"use strict";
const WIDE = 1152, HALF = 590, MOST_ZOOM = 1.8, LEAST_CODE = 19;
const TEXT = 30, SMALLER = [28, 27, 26], LARGER = [38, 36, 34, 32];
const source = document.getElementById("source");
let slides = [], body = null, section = "", withAsides = false;

function element(tag, className, content = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  return made;
}
const deck = document.body.appendChild(element("div", "deck"));

function newSlide(kind = "") {
  const slide = element("section", `slide ${kind}`);
  slide.append(element("header", "", `${document.body.dataset.title}${section && " — "}${section}`));
  body = slide.appendChild(element("div", "body"));
  body.style.fontSize = `${TEXT}px`;
  slide.append(element("footer", ""));
  deck.append(slide);
  slides.push(slide);
}
const tooMuch = (box = body) => box.scrollHeight > box.clientHeight + 1;
const isPicture = (block) => block.matches(".figure, .table");

function room() {
  const used = [...body.children].reduce((low, b) => Math.max(low, b.offsetTop + b.offsetHeight), 0);
  return body.clientHeight - used - (used ? 18 : 0);
}
function sizeOf(block) {
  block.style.zoom = 1;
  return [block.offsetWidth, block.offsetHeight];
}
function zoomTo(block, width, height) {
  const [w, h] = sizeOf(block);
  const zoom = Math.min(MOST_ZOOM, width / w, (height - 4) / h);
  block.style.zoom = zoom;
  return zoom;
}
/* Text and code as large as their longest line allows. */
function widen(block) {
  const code = block.matches("pre");
  block.classList.remove("wrap");
  block.style.fontSize = code ? "25px" : "";
  let size = parseFloat(getComputedStyle(block).fontSize);
  const least = code ? LEAST_CODE - 1 : size / 2;
  while (block.scrollWidth > block.clientWidth + 1 && size > least) {
    block.style.fontSize = `${size -= 1}px`;
  }
  block.classList.toggle("wrap", code && block.scrollWidth > block.clientWidth + 1);
}
function put(block) {
  const hadRoom = room();
  body.append(block);
  if (isPicture(block)) {
    const reserve = Number(block.dataset.reserve || 0); // for what is printed below it
    const full = zoomTo(block, WIDE, body.clientHeight - reserve);
    const zoom = zoomTo(block, WIDE, hadRoom - reserve);
    if (body.children.length > 1 && (hadRoom < 120 || zoom < 0.65 * full)) return false;
  } else widen(block);
  return !tooMuch();
}
function partsOf(block) {
  if (block.matches("pre.code, pre.out, ul, ol")) return [...block.children];
  return [...block.querySelectorAll("tbody tr")];
}
function place(block) {
  if (put(block)) return;
  block.remove();
  if (body.children.length) {
    newSlide();
    if (put(block)) return;
    block.remove();
  }
  if (block.matches(".code")) {
    body.append(block);
    if (shrink(block, LEAST_CODE)) return;
    widen(block);
    block.remove();
  }
  split(block);
}
function shrink(block, least) {
  let size = parseFloat(getComputedStyle(block).fontSize);
  while (tooMuch() && size > least) block.style.fontSize = `${size -= 1}px`;
  return !tooMuch();
}
/* A block that is too long for any slide goes on over several; the last resort is smaller type. */
function split(block) {
  const parts = partsOf(block);
  if (parts.length < 2) {
    body.append(block);
    shrink(block, 12);
    return;
  }
  const rest = block.cloneNode(true), kept = partsOf(rest);
  body.append(block);
  let count = parts.length;
  while (tooMuch() && count > 1) parts[--count].remove();
  const blank = parts.slice(0, count).findLastIndex((line) => !line.textContent.trim());
  if (block.matches(".code") && blank > 2 && count < parts.length) {
    while (count > blank) parts[--count].remove();
    kept[blank].remove(); // no slide begins with an empty line
  }
  kept.slice(0, count).forEach((part) => part.remove());
  if (rest.matches("ol")) rest.start = (block.start || 1) + count;
  if (count < parts.length) { newSlide("continued"); place(rest); }
}
/* Code stays with what it prints, if one slide can hold both. */
function placeWithOutput(blocks) {
  const first = blocks.slice(0, 2).filter((b, i) => !i || b.matches("pre.out"));
  if (body.children.length && !first.every(put)) {
    first.forEach((b) => b.remove());
    newSlide();
  }
  blocks.forEach((block) => { block.remove(); place(block); });
}
/* A text cell stays on one slide where slightly smaller type allows it. */
function placeWords(words) {
  for (const size of [TEXT, ...SMALLER]) {
    body.style.fontSize = `${size}px`;
    if (words.every(put)) return;
    words.forEach((word) => word.remove());
  }
  body.style.fontSize = "";
  words.forEach(place);
}
/* Where half a slide is empty, its type grows: somebody sits in the last row. */
function grow(slide) {
  body = slide.querySelector(".body");
  if (slide.matches(".title") || body.style.fontSize !== `${TEXT}px`) return;
  if (room() < 150 || body.querySelector(".figure, .table")) return;
  for (const size of LARGER) {
    body.style.fontSize = `${size}px`;
    const texts = [...body.children].filter((block) => !block.matches("pre"));
    if (room() > 60 && texts.every((b) => b.scrollWidth <= b.clientWidth + 1)) break;
    body.style.fontSize = `${TEXT}px`;
  }
  for (const code of body.querySelectorAll("pre")) {
    for (let size = parseFloat(code.style.fontSize) + 1; size <= 30; size += 1) {
      code.style.fontSize = `${size}px`;
      if (code.scrollWidth <= code.clientWidth + 1 && room() > 40) continue;
      code.style.fontSize = `${size - 1}px`;
      break;
    }
  }
}
/* The figure once more, beside or above the words that explain it. */
function explain(figure, words) {
  newSlide("explains");
  const copy = figure.cloneNode(true), box = element("div", "words");
  body.append(copy, box);
  const [w, h] = sizeOf(copy), beside = w / h < 1.9;
  body.classList.toggle("beside", beside);
  zoomTo(copy, beside ? HALF : WIDE, beside ? body.clientHeight : 330);
  box.append(...words.map((word) => word.cloneNode(true)));
  [...box.children].forEach(widen);
  if (!tooMuch() && box.offsetHeight <= body.clientHeight) return true;
  slides.pop().remove();
  body = slides.at(-1).querySelector(".body");
  return false;
}
function blocksOf(idea) {
  const flat = [...idea.children].flatMap((child) => {
    if (!child.matches(".cell")) return [child];
    return child.matches(".aside") && !withAsides ? [] : [...child.children];
  });
  return flat.map((block) => {
    const copy = block.cloneNode(true);
    if (idea.matches(".predict") && copy.matches(".out")) copy.classList.add("answer");
    const below = block.nextElementSibling;
    if (isPicture(copy) && below?.matches("pre.out") && below.children.length < 6) {
      copy.dataset.reserve = 30 + 36 * below.children.length;
    }
    return copy;
  });
}
function pack(idea, last) {
  let blocks = blocksOf(idea);
  const heading = blocks[0]?.matches("h1, h2, h3") ? blocks[0] : null;
  if (heading?.matches("h2")) section = heading.textContent;
  const code = blocks.findIndex((b) => b.matches(".code, .out"));
  const words = code < 0 ? blocks : blocks.slice(0, code);
  const figure = last?.matches(".figure") && !heading && !idea.matches(".predict");
  if (figure && words.length && explain(last, words)) {
    blocks = blocks.slice(words.length);
    if (!blocks.length) return;
  }
  newSlide(heading?.matches("h1") ? "title" : "");
  if (heading?.matches("h1")) {
    blocks.splice(0, 2).forEach(place);
    words.splice(0, 2);
    newSlide();
  }
  if (words.length && words[0] === blocks[0]) placeWords(blocks.splice(0, words.length));
  while (blocks.length) {
    const next = blocks.slice(1).findIndex((b) => !b.matches(".out"));
    const run = blocks[0].matches(".code") ? (next < 0 ? blocks.length : next + 1) : 1;
    const taken = blocks.splice(0, run);
    if (run > 1) placeWithOutput(taken); else place(taken[0]);
  }
}
function build() {
  deck.replaceChildren();
  [slides, section] = [[], ""];
  deck.classList.add("measuring");
  for (const idea of source.children) {
    const last = slides.length ? body.lastElementChild : null;
    pack(idea, last);
  }
  slides.filter((s) => !s.querySelector(".body").children.length).forEach((s) => s.remove());
  slides = [...deck.children];
  slides.forEach(grow);
  slides.forEach((s, i) => { s.querySelector("footer").textContent = `${i + 1} / ${slides.length}`; });
  deck.classList.remove("measuring");
}
