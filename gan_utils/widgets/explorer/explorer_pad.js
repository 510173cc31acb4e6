// Two directions under one finger: a square with a dot, over pictures of where it can go.
const PLACES = 5; // pictures across, and as many up
const ROOM = 1 - 1 / PLACES; // share of the square between the outermost pictures' middles

function padPanel(link, config) {
  const [reach, step] = [config.reach, 0.1];
  const sheet = h("canvas", { width: PLACES * SIDE, height: PLACES * SIDE, className: "gx-pixels" });
  sheet.setAttribute("aria-hidden", "true");
  const one = picture("", "");
  const dot = h("div", { className: "gx-dot" });
  const square = h("div", { className: "gx-square", tabIndex: 0 }, sheet, dot);
  const about = { role: "slider", "aria-roledescription": "two-dimensional slider",
    "aria-valuemin": -reach, "aria-valuemax": reach };
  for (const [key, value] of Object.entries(about)) square.setAttribute(key, value);
  const said = h("p", { className: "gx-note" });
  said.setAttribute("aria-hidden", "true");
  const words = ["west", "east", "south", "north"].map((side) =>
    h("span", { className: `gx-note gx-${side}` }));
  const menus = ["Across", "Up"].map((title, i) => {
    const menu = h("select", { className: "gx-select", id: newId() });
    menu.addEventListener("change", () => {
      const other = menu.value === names[1 - i] ? names[i] : names[1 - i]; // or they change places
      choose(i ? [other, menu.value] : [menu.value, other]);
    });
    return { menu, field: h("div", { className: "gx-field" },
      h("label", { htmlFor: menu.id }, title), menu) };
  });
  const element = h("div", { className: "gx-panel" },
    h("div", { className: "gx-row" }, ...menus.map(({ field }) => field)),
    h("div", { className: "gx-compass" }, ...words, square), said,
    h("p", { className: "gx-note" },
      "Drag the dot, or use the arrow keys. Shift: steps of 1. Home: the middle."));

  let axes = []; // those that apply to the class on show
  let names = []; // of the two directions
  let at = [0, 0]; // where they stand
  let label; // the class that the menus fit

  function fit(state) {
    label = state.label;
    sheet.width = sheet.width; // clears what another class had here
    axes = config.axes.filter((axis) => !axis.classes || axis.classes.includes(label));
    const known = axes.map((axis) => axis.name);
    const named = known.filter((_, i) => axes[i].group === "attributes");
    const usual = named.length > 1 ? [named.at(-1), named[0]] : known.slice(0, 2);
    names = names.length && names.every((name) => known.includes(name)) ? names : usual;
    for (const { menu } of menus)
      menu.replaceChildren(...known.map((name) => h("option", { value: name }, name)));
    mark();
  }
  function choose(chosen) {
    names = chosen;
    mark();
    link.act("look", names[0]); // the strip follows, and with it the sheet
  }
  function mark() {
    names.forEach((name, i) => {
      menus[i].menu.value = name;
      const axis = axes.find((one) => one.name === name);
      const lettered = /\p{L}/u.test(axis.low + axis.high);
      [axis.low, axis.high].forEach((word, end) =>
        (words[2 * i + end].textContent = lettered ? word : ""));
    });
    square.setAttribute("aria-label", `Pad: ${names[0]} across, ${names[1]} up`);
  }
  function show() {
    dot.style.left = `${50 + (50 * ROOM * at[0]) / reach}%`;
    dot.style.top = `${50 - (50 * ROOM * at[1]) / reach}%`;
    const text = names.map((name, i) => `${name} ${signed(at[i])}`).join(", ");
    square.setAttribute("aria-valuenow", at[0]);
    square.setAttribute("aria-valuetext", text);
    said.textContent = text;
  }
  function go(next) {
    const to = next.map((v) => +Math.max(-reach, Math.min(reach, v)).toFixed(1));
    const pairs = names.map((name, i) => [name, to[i]]).filter((_, i) => to[i] !== at[i]);
    if (!pairs.length) return;
    at = to;
    show();
    link.move(pairs);
  }

  let down = false;
  const follow = (event) => {
    const box = square.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width - 0.5;
    const up = 0.5 - (event.clientY - box.top) / box.height;
    go([across, up].map((share) => (2 * reach * share) / ROOM));
  };
  square.addEventListener("pointerdown", (event) => {
    square.setPointerCapture(event.pointerId);
    down = true;
    follow(event);
  });
  square.addEventListener("pointermove", (event) => down && follow(event));
  for (const end of ["pointerup", "pointercancel"])
    square.addEventListener(end, () => (down = false));
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  square.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (move) go(at.map((v, i) => v + move[i] * (event.shiftKey ? 1 : step)));
    else if (event.key === "Home") go([0, 0]);
    else return;
    event.preventDefault();
  });

  function update(state) {
    if (state.label !== label) fit(state);
    at = names.map((name) => state.values[name] ?? 0);
    show();
  }
  function paint(message, pixels) {
    if (message.names.join() !== names.join()) return;
    const pen = sheet.getContext("2d");
    for (let i = 0; i < PLACES * PLACES; i++) {
      one.paint(bytes(pixels, i * SIDE * SIDE, SIDE * SIDE));
      pen.drawImage(one.canvas, (i % PLACES) * SIDE, Math.floor(i / PLACES) * SIDE);
    }
    sheet.dataset.names = names.join();
  }
  return { element, update, paint, choose, about: () => names[0], wish: () => ({ kind: "sheet", names }) };
}

const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(1);
