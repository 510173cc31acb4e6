// The layout, and what happens when an answer arrives.

function topRow(link, config) {
  const id = newId();
  const seed = h("input", { type: "number", id, min: 0, max: config.lastSeed, step: 1, value: 0,
    className: "gx-number" });
  const go = (value) => {
    seed.value = Math.max(0, Math.min(config.lastSeed, Math.round(value) || 0));
    link.set("seed", +seed.value);
  };
  seed.addEventListener("input", () => seed.value !== "" && go(+seed.value));
  const row = h("div", { className: "gx-top" },
    h("div", { className: "gx-field" }, h("label", { htmlFor: id }, "Seed"),
      button("less", "", "Previous seed", () => go(+seed.value - 1)), seed,
      button("more", "", "Next seed", () => go(+seed.value + 1)),
      button("dice", "", "Any seed", () => go(Math.random() * config.lastSeed))));
  let menu = null;
  if (config.classes.length) {
    menu = h("select", { className: "gx-select", id: newId() },
      ...config.classes.map((name, i) => h("option", { value: i }, name)));
    menu.addEventListener("change", () => link.set("class", +menu.value));
    row.append(h("div", { className: "gx-field" }, h("label", { htmlFor: menu.id }, "Class"), menu));
  }
  const truncation = slider({ label: "truncation", low: "alike", high: "varied", min: 0,
    max: config.truncation, step: 0.05, zero: 1, digits: 2,
    input: (v) => link.set("truncation", v) });
  truncation.element.classList.add("gx-wide");
  const actions = h("div", { className: "gx-row gx-actions" },
    button("reset", "Reset", "Back to the seed, without changes", () => link.act("reset")));
  row.append(truncation.element, actions);
  const update = (state) => {
    if (document.activeElement !== seed || +seed.value !== state.seed) seed.value = state.seed;
    truncation.set(state.truncation);
    if (menu) menu.value = state.label;
  };
  return { element: row, update, actions };
}

function tabs(panels, changed) {
  const bar = h("div", { className: "gx-tabs" });
  bar.setAttribute("role", "tablist");
  bar.setAttribute("aria-label", "Ways to change the picture");
  const buttons = panels.map(([title, panel], i) => {
    const [tab, page] = [newId(), newId()];
    panel.element.id = page;
    panel.element.setAttribute("role", "tabpanel");
    panel.element.setAttribute("aria-labelledby", tab);
    const one = h("button", { type: "button", id: tab, onclick: () => open(i) }, title);
    one.setAttribute("role", "tab");
    one.setAttribute("aria-controls", page);
    bar.append(one);
    return one;
  });
  function open(chosen, focus = false) {
    panels.forEach(([, panel], i) => {
      panel.element.hidden = i !== chosen;
      buttons[i].setAttribute("aria-selected", String(i === chosen));
      buttons[i].tabIndex = i === chosen ? 0 : -1;
    });
    if (focus) buttons[chosen].focus();
    changed(panels[chosen][1]);
  }
  bar.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    const now = buttons.findIndex((one) => one.tabIndex === 0);
    open((now + move + panels.length) % panels.length, true);
  });
  return { element: h("div", { className: "gx-side" }, bar, ...panels.map((p) => p[1].element)),
    open };
}

function fewSliders(link, config) {
  const groups = [["attributes", "", ""]];
  if (!config.axes.some((axis) => axis.group === "attributes")) groups[0][0] = config.axes[0].group;
  const few = config.axes.filter((axis) => axis.group === groups[0][0]);
  const names = [...new Set(few.map((axis) => axis.name))].slice(0, 4);
  return directionPanel(link, { ...config, axes: few.filter((a) => names.includes(a.name)) }, groups);
}

const FOUND = [ // title and note for each group that the space has
  ["principal", "Principal directions", "what varies most in the first layer (GANSpace)"],
  ["closed form", "Closed-form directions", "what its weights stretch most (SeFa)"],
  ["coarse", "Coarse", "layers 1 and 2: the shape"],
  ["middle", "Middle", "layers 3 and 4: the parts"],
  ["fine", "Fine", "layer 5: the surface"],
];

function render({ model, el }) {
  const config = model.get("config");
  let state = null;
  let openPanel = null;
  const listeners = { wants: () => ({ code: openPanel === panels.save }) };
  const large = picture("Generated picture", "gx-large gx-fake");
  const paint = (grey) => {
    large.paint(grey);
    large.canvas.dataset.shown = (+large.canvas.dataset.shown || 0) + 1;
  };
  const fan = makeFan(paint);
  const link = openLink(model, listeners, fan);
  const top = topRow(link, config);
  const sentence = h("p", { className: "gx-sentence" });
  const seen = h("p", { className: "gx-note" });
  const spoken = h("div", { className: "gx-spoken" });
  spoken.setAttribute("aria-live", "polite");
  const alarm = h("div", { className: "gx-alarm", hidden: true });
  alarm.setAttribute("role", "alert");
  const row = strip(link);
  const panels = {};
  let guide = null;
  const left = h("div", { className: "gx-left" }, large.canvas, sentence, seen);
  const body = h("div", { className: "gx-body" }, left);
  if (config.compact) {
    openPanel = panels.few = fewSliders(link, config);
    body.append(h("div", { className: "gx-side" }, panels.few.element));
  } else {
    const named = config.axes.some((axis) => axis.group === "attributes");
    if (named) panels.attributes = directionPanel(link, config, [["attributes", "", ""]]);
    panels.directions = directionPanel(link, config, FOUND);
    panels.pad = padPanel(link, config);
    if (!config.layers) panels.coordinates = coordinatePanel(link, config);
    panels.journey = journeyPanel(link, config);
    panels.mine = minePanel(link);
    panels.save = savePanel(link, config);
    const titles = { attributes: "Attributes", directions: "Directions", pad: "Pad",
      coordinates: "Coordinates", journey: "Journey", mine: "My picture", save: "Save" };
    const book = tabs(Object.entries(panels).map(([key, panel]) => [titles[key], panel]), (panel) => {
      openPanel = panel;
      if (state) panel.update?.(state);
      const about = state && panel.about?.(state);
      if (about) link.act("look", about); // the strip shows what its first slider would do
      if (state && panel === panels.save) link.ask({ kind: "rest", code: true });
      if (state && panel === panels.mine) panel.first();
    });
    body.append(book.element);
    book.open(0);
    guide = tour(link, config, (key, names) => {
      book.open(Object.keys(panels).indexOf(key));
      if (names) panels.pad.choose(names);
    });
    top.actions.append(guide.start);
  }
  const box = h("div", { className: `gx${config.compact ? " gx-compact" : ""}` }, top.element,
    ...(guide ? [guide.element] : []), alarm, body, row.element, spoken);
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Latent explorer");
  el.append(box);

  // The next few pictures to have at hand, unless the hand moves; all while it rests on a control in use.
  let resting = false;
  function fetch() {
    const wish = link.idle() && fan.request(state.along, state.grid, standing(state, state.along));
    if (wish) link.ask(wish);
  }
  Object.assign(listeners, {
    state(message, pixels, current) {
      state = message;
      resting = false;
      if (current || !fan.ahead()) paint(bytes(pixels)); // no older picture over a newer one
      if (current) fan.answered();
      sentence.textContent = message.sentence;
      if (message.ticket) alarm.hidden = true;
      if (!current) return; // the hand is ahead of this answer: leave its controls alone
      for (const part of [top, openPanel]) part.update?.(message);
      row.mark(message);
    },
    free: () => panels.journey?.plays() || fetch(),
    rest(message, pixels) {
      seen.textContent = message.seen;
      spoken.textContent = `${state.sentence} ${message.seen}`;
      large.name(`${state.sentence} ${message.seen}`);
      if (message.strip) row.show(message.strip, pixels, state);
      if (message.code) panels.save?.show(message.code);
      if (openPanel === panels.pad && link.idle()) link.ask(panels.pad.wish());
      resting = !link.roams();
      fetch();
    },
    fan(message, pixels) {
      fan.take(message, pixels);
      if (resting) fetch();
    },
    sheet: (message, pixels) => panels.pad?.paint(message, pixels),
    ends: (_message, pixels) => panels.journey?.paint(pixels),
    target: (message, pixels) => panels.mine?.aim(message, pixels),
    progress(message, pixels) {
      panels.mine?.progress(message, pixels);
      if (message.how === "found") spoken.textContent = state.sentence;
    },
    file: (message, content) => panels.save?.file(message, content),
    alarm(message) {
      alarm.textContent = message.text;
      alarm.hidden = false;
      panels.mine?.failed();
    },
  });
  link.ask({ kind: "hello" });
  return () => {
    panels.journey?.stop();
    link.close();
  };
}

export default { render };
