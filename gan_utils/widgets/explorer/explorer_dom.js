// Small parts that the explorer is made of. The explorer_*.js files form one module.
const SIDE = 28; // of a picture, in pixels
let numberOfIds = 0;
const newId = () => `gan-explorer-${Math.random().toString(36).slice(2, 7)}-${++numberOfIds}`;

// An element with attributes (properties where they exist, "on…" for listeners) and children.
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const ICONS = {
  play: '<path d="M4 2.5v11l9.5-5.5z"/>',
  pause: '<path d="M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z"/>',
  dice: '<path fill-rule="evenodd" d="M3.5 1.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM5 6.4a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8zm6 6a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8zM8 9.4a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8z"/>',
  reset: '<path d="M8 2.2a5.8 5.8 0 1 1-5.5 4h1.9A4 4 0 1 0 8 4v2.4L4.2 3.1 8 0z"/>',
  less: '<path d="M10.5 2.5 5 8l5.5 5.5" fill="none" stroke="currentColor" stroke-width="2"/>',
  more: '<path d="M5.5 2.5 11 8l-5.5 5.5" fill="none" stroke="currentColor" stroke-width="2"/>',
  save: '<path d="M7 1.5h2v6h3L8 12 4 7.5h3zM2 13h12v1.8H2z"/>',
  copy: '<path d="M5.5 1h8v10h-8z" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M3.6 4.5H2.3v10.2h8v-1.4" fill="none" stroke="currentColor" stroke-width="1.6"/>',
  find: '<path d="m10.4 9.2 4 4-1.3 1.3-4-4z"/><circle cx="6.5" cy="6.5" r="4.4" fill="none" stroke="currentColor" stroke-width="1.8"/>',
  stop: '<path d="M3 3h10v10H3z"/>',
  arrow: '<path d="M1 7h9V3.5L15 8l-5 4.5V9H1z"/>',
};

function icon(name) {
  const holder = document.createElement("template");
  holder.innerHTML =
    `<svg class="gx-icon" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">` +
    `${ICONS[name]}</svg>`;
  return holder.content.firstChild;
}

// A button with an icon; without a visible label, `title` is its name.
function button(name, label, title, onclick, more = {}) {
  const parts = [name ? icon(name) : "", label ? h("span", {}, label) : ""];
  const own = { type: "button", className: "gx-button", title, onclick, ...more };
  const element = h("button", own, ...parts.filter(Boolean));
  if (!label) element.setAttribute("aria-label", title);
  return element;
}

// A canvas of 28 by 28 pixels, enlarged without blur. paint() takes 784 grey bytes.
function picture(name, className) {
  const canvas = h("canvas", { width: SIDE, height: SIDE, className: `gx-pixels ${className}` });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(SIDE, SIDE);
  image.data.fill(255);
  const paint = (grey) => {
    for (let i = 0; i < SIDE * SIDE; i++) image.data.fill(grey[i], 4 * i, 4 * i + 3);
    pen.putImageData(image, 0, 0);
  };
  return { canvas, paint, name: (text) => canvas.setAttribute("aria-label", text) };
}

const bytes = (view, from = 0, length = undefined) =>
  new Uint8Array(view.buffer, view.byteOffset + from, length ?? view.byteLength - from);

// Offer bytes as a file to the browser.
function download(name, type, content) {
  const link = h("a", { download: name, href: URL.createObjectURL(new Blob([content], { type })) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Call when a typed number stands: at Enter (which JupyterLab may keep from "change") and on leaving.
function whenTyped(box, take) {
  box.addEventListener("change", take);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take();
  });
}

// A labelled slider: words at both ends, and a box for typed numbers.
function slider({ label, low = "", high = "", min, max, step, zero = min, digits = 1, input }) {
  const id = newId();
  const range = h("input", { type: "range", id, min, max, step, className: "gx-range" });
  const typed = h("input", { type: "number", min, max, step, className: "gx-number" });
  typed.setAttribute("aria-label", `${label}, as a number`);
  const words = h("div", { className: "gx-words" }, h("span", {}, low), h("span", {}, high));
  words.setAttribute("aria-hidden", "true");
  words.hidden = !/\p{L}|\d/u.test(low + high);
  if (low && high) range.setAttribute("aria-description", `from ${low} to ${high}`);
  const name = h("label", { htmlFor: id }, label);
  const element = h("div", { className: "gx-slider" }, name, typed, range, words);
  const share = (value) => (100 * (value - min)) / (max - min);
  const fill = (value) => {
    const [a, b] = [share(value), share(zero)].sort((x, y) => x - y);
    range.style.setProperty("--from", `${a}%`);
    range.style.setProperty("--to", `${b}%`);
  };
  const set = (value) => {
    range.value = value;
    if (document.activeElement !== typed) typed.value = (+value).toFixed(digits);
    fill(value);
  };
  range.addEventListener("input", () => {
    typed.value = (+range.value).toFixed(digits);
    fill(+range.value);
    input(+range.value);
  });
  whenTyped(typed, () => {
    const value = Math.min(max, Math.max(min, Number.parseFloat(typed.value) || 0));
    typed.value = value.toFixed(digits);
    range.value = value;
    fill(value);
    input(value);
  });
  set(zero);
  return { element, set, range, rename: (text) => (name.textContent = text) };
}

// One of a few, as a row of buttons: real radio buttons underneath.
function choice(label, options, change) {
  const name = newId();
  const group = h("fieldset", { className: "gx-choice" }, h("legend", {}, label));
  const inputs = options.map(([value, text], i) => {
    const radio = h("input", { type: "radio", name, value, checked: i === 0 });
    radio.addEventListener("change", () => change(value));
    group.append(h("label", {}, radio, h("span", {}, text)));
    return radio;
  });
  const set = (value) => inputs.forEach((radio) => (radio.checked = radio.value === value));
  return { element: group, set };
}
