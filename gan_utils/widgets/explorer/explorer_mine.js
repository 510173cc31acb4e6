// "Invert my picture": a test picture, a file, a drawing or the picture held.

const MOST_BYTES = 9e6; // Jupyter closes a connection that sends more than 10 MB at once

function minePanel(link) {
  const target = picture("The picture to be found: none yet", "gx-half gx-real");
  const found = picture("The nearest generated picture: none yet", "gx-half gx-fake");
  const blank = new Uint8Array(SIDE * SIDE).fill(235);
  target.paint(blank);
  found.paint(blank);
  const origin = h("figcaption", {}, "choose a picture");
  const distance = h("figcaption", {}, "press Find it");
  const bar = h("progress", { max: 1, value: 0, className: "gx-progress" });
  bar.setAttribute("aria-label", "Progress of the search");
  const find = button("find", "Find it", "Search the latent space for this picture", () =>
    searching ? link.ask({ kind: "stop" }) : go());
  let searching = false;

  const number = h("input", { type: "number", min: 0, max: 9999, step: 1, value: 0,
    className: "gx-number", id: newId() });
  const byNumber = () => link.ask({ kind: "target", source: "test", number: +number.value || 0 });
  whenTyped(number, byNumber);
  const any = button("dice", "", "Any test picture", () => {
    number.value = Math.floor(Math.random() * 10_000);
    byNumber();
  });
  const file = h("input", { type: "file", accept: "image/*", className: "gx-file" });
  file.setAttribute("aria-label", "Picture file");
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (!chosen) return;
    if (chosen.size > MOST_BYTES)
      return link.alarm(`The file has ${Math.ceil(chosen.size / 1e6)} MB; please choose one of at most 9 MB.`);
    const content = await chosen.arrayBuffer().catch(() => null);
    if (content) link.ask({ kind: "target", source: "file" }, [content]);
    else link.alarm("The file cannot be read; please choose it again.");
  });
  const pad = drawing((grey) => link.ask({ kind: "target", source: "drawn" }, [grey.buffer]));
  const hold = button("", "Hold the picture on show", "Take the generated picture as the target",
    () => link.ask({ kind: "target", source: "shown" }));
  const rows = {
    test: h("div", { className: "gx-row" },
      h("label", { htmlFor: number.id }, "number, 0 to 9999"), number, any),
    file: h("div", { className: "gx-row" }, file,
      h("span", { className: "gx-note" }, "a product on a plain background; it stays on this machine")),
    drawn: h("div", { className: "gx-row" }, pad.element),
    shown: h("div", { className: "gx-row" }, hold),
  };
  const source = choice("Picture", [["test", "test picture"], ["file", "file"],
    ["drawn", "drawing"], ["shown", "held"]], show);
  function show(name) {
    for (const [key, row] of Object.entries(rows)) row.hidden = key !== name;
  }
  show("test");

  function go() {
    mark(true);
    link.ask({ kind: "invert" });
  }
  function mark(on) {
    searching = on;
    bar.hidden = !on;
    find.replaceChildren(icon(on ? "stop" : "find"), h("span", {}, on ? "Stop" : "Find it"));
  }
  mark(false);
  const pair = h("div", { className: "gx-pair" },
    h("figure", {}, target.canvas, origin),
    h("div", { className: "gx-arrow" }, icon("arrow")),
    h("figure", {}, found.canvas, distance));
  const element = h("div", { className: "gx-panel" }, source.element, ...Object.values(rows), pair,
    h("div", { className: "gx-row" }, find, bar));

  function aim(message, pixels) {
    target.paint(bytes(pixels));
    target.canvas.classList.toggle("gx-real", message.real);
    target.canvas.classList.toggle("gx-fake", !message.real);
    target.name(`To be found: ${message.origin}`);
    origin.textContent = message.origin;
    found.paint(blank);
    found.name("The nearest generated picture: none yet");
    distance.textContent = "press Find it";
    mark(false);
  }
  function progress(message, pixels) {
    mark(message.how === "searching");
    bar.value = message.share;
    if (!pixels) return;
    found.paint(bytes(pixels));
    distance.textContent = `differs by ${message.levels.toFixed(1)} of 255 grey levels`;
    found.name(`The nearest generated picture to ${message.origin}; it ${distance.textContent}`);
  }
  return { element, aim, progress, failed: () => mark(false),
    first: () => origin.textContent === "choose a picture" && byNumber() };
}

// A pad of 28 by 28 grey pixels with a soft brush, for a pointer or the keyboard alone.
function drawing(done) {
  const grey = new Uint8Array(SIDE * SIDE);
  const own = picture("", "gx-pad");
  const canvas = own.canvas;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  own.name("Drawing pad. Arrow keys move the brush, Space paints, Delete clears.");
  let at = [SIDE / 2, SIDE / 2];
  function dab([x, y]) {
    for (let i = 0; i < SIDE * SIDE; i++) {
      const far = Math.hypot((i % SIDE) + 0.5 - x, Math.floor(i / SIDE) + 0.5 - y);
      grey[i] = Math.max(grey[i], 255 * Math.max(0, Math.min(1, 2.4 - far)));
    }
  }
  function show() {
    own.paint(grey);
    if (document.activeElement !== canvas) return;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#e08214";
    pen.fillRect(Math.floor(at[0]), Math.floor(at[1]), 1, 1);
  }
  let down = false;
  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE,
      ((event.clientY - box.top) / box.height) * SIDE];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down = true;
    dab(where(event));
    show();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!down) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) dab(where(each));
    show();
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      down = false;
      done(grey.slice());
    });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (move) at = at.map((v, i) => Math.max(0.5, Math.min(SIDE - 0.5, v + move[i])));
    else if (event.key === " ") dab(at);
    else if (event.key === "Delete") grey.fill(0);
    else return;
    event.preventDefault();
    show();
    if (event.key === " ") done(grey.slice());
  });
  for (const change of ["focus", "blur"]) canvas.addEventListener(change, show);
  const clear = button("reset", "Clear", "Clear the pad", () => {
    grey.fill(0);
    show();
  });
  show();
  const note = h("p", { className: "gx-note" },
    "Draw light on black, filling the pad. Keys: arrows move, Space paints, Delete clears.");
  return { element: h("div", { className: "gx-padbox" }, canvas, h("div", {}, note, clear)) };
}
