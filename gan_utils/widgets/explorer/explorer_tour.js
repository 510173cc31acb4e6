// A guided tour for someone who opens the explorer without the lesson: each stop says a
// sentence or two and moves what it speaks of.
const [FRAMES, FRAME, HOLD] = [30, 45, 900]; // of a glide; ms for each; ms between two moves

// The six stops: text, the tab it needs, and moves as [what they end on, what they glide from].
function stopsOf(config) {
  const label = config.classes.length - 1; // -1 without classes
  const axes = config.axes.filter((axis) => !axis.classes || axis.classes.includes(label));
  const named = axes.filter((axis) => axis.group === "attributes");
  const axis = named.at(-1) ?? axes[0];
  const own = (name, value, from) => [{ [name]: value }, from === undefined ? null : { [name]: from }];
  const swing = (name) => [own(name, 2.5, 0), own(name, -2.5, 2.5), own(name, 0, -2.5)];
  const seed = { moves: [3, 4, 5, 6].map((value) => own("seed", value)),
    text: `None of these articles exists. A seed stands for ${config.latentDim} random numbers, and the ` +
      "generator turns them into a picture. Another seed gives another article." };
  const kind = { moves: [0, 4, 8, label].map((value) => own("class", value)),
    text: "The class decides what kind of article is made. The random numbers stay the same." };
  const truncation = { moves: [own("truncation", 0.3, 1), own("truncation", 1, 0.3)],
    text: config.layers
      ? "Truncation leads towards the average article of the class. At 0 every seed looks the same; at 1 nothing is changed."
      : "Truncation shrinks the random numbers. Low values give safe pictures that look alike; at 1 nothing is changed." };
  const direction = named.length
    ? { tab: "attributes", moves: swing(axis.name),
      text: `A direction changes one thing and little else. This one is ${axis.name}, ` +
        `from ${axis.low} to ${axis.high}.` }
    : { tab: "directions", moves: config.layers ? [...swing("coarse 1"), ...swing("fine 1")] : swing(axis.name),
      text: config.layers
        ? "A direction can act in some layers only. The coarse layers decide the shape, the fine ones the surface."
        : "Nobody named these directions. They are found in the generator: what changes its pictures most." };
  const between = config.layers
    ? { tab: "journey", moves: [0, 1, 2, 3, 4, 5].map((value) => own("mix", value)), ends: true,
      text: "Style mixing takes the first layers from A and the last from B, so we see the shape of one with the surface of the other." }
    : { tab: "journey", moves: [own("position", 1, 0), own("position", 0, 1)], ends: true,
      text: "There is an article at every point between A and B. Keep two pictures of your own, and press Play." };
  const [x, y] = [axis.name, axes.find((one) => one !== axis).name];
  const corners = [[0, 0], [2, 2], [2, -2], [-2, -2], [-2, 2], [0, 0]];
  const pad = { tab: "pad", pad: [x, y],
    moves: corners.slice(1).map(([a, b], i) =>
      [{ [x]: a, [y]: b }, { [x]: corners[i][0], [y]: corners[i][1] }]),
    text: "The pad moves two directions at once. Drag the dot, or press the arrow keys." };
  const save = { tab: "save", moves: [],
    text: "Here we keep what we found: the picture, the journey, and the Python code that makes exactly this picture." };
  if (label < 0) return [seed, truncation, direction, between, pad, save];
  pad.text += " When you like a picture, keep it under Save.";
  return [seed, kind, truncation, direction, between, pad];
}

function tour(link, config, open) {
  const stops = stopsOf(config);
  const count = h("b", {});
  const text = h("p", { className: "gx-tourtext" });
  const said = h("div", {}, count, text);
  said.setAttribute("aria-live", "polite");
  const back = button("less", "Back", "The stop before", () => go(at - 1));
  const next = button("more", "Next", "The next stop", () => (at + 1 < stops.length ? go(at + 1) : close()));
  const end = button("", "Close", "Leave the tour", () => close());
  const element = h("section", { className: "gx-tour", hidden: true }, said,
    h("div", { className: "gx-row" }, back, next, end));
  element.setAttribute("aria-label", "Guided tour");
  element.addEventListener("keydown", (event) => event.key === "Escape" && close());
  const start = button("arrow", "Tour", "A guided tour of six stops", () => {
    element.hidden = false;
    go(0);
    next.focus();
  });
  let at = 0;
  let turn = 0; // moves of an earlier turn stop

  async function perform(moves, mine) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const [to, from] of moves) {
      const frames = from && !calm ? FRAMES : 1;
      for (let k = 1; k <= frames; k++) {
        await new Promise((done) => setTimeout(done, k > 1 ? FRAME : HOLD));
        if (turn !== mine || !element.isConnected) return;
        link.move(Object.entries(to).map(([name, value]) =>
          [name, +(from ? from[name] + (k / frames) * (value - from[name]) : value).toFixed(2)]));
      }
    }
  }
  function go(stop) {
    at = stop;
    const { tab, moves, ends, pad } = stops[at];
    count.textContent = `${at + 1} of ${stops.length}`;
    text.textContent = stops[at].text;
    back.disabled = at === 0;
    next.querySelector("span").textContent = at + 1 < stops.length ? "Next" : "Done";
    link.act("reset");
    if (config.classes.length) link.set("class", at < 2 ? 0 : config.classes.length - 1);
    for (const [end, seed] of ends ? [["A", 3], ["B", 8]] : []) {
      link.set("seed", seed);
      link.act("keep", end);
    }
    link.set("seed", 3);
    if (tab) open(tab, pad);
    perform(moves, ++turn);
  }
  function close() {
    turn++;
    element.hidden = true;
    start.focus();
  }
  return { element, start };
}
