// From A to B: two kept points, a position between them, and play; or the layers of both.
const ONE_WAY = 4000; // ms from A to B

function journeyPanel(link, config) {
  const ends = ["A", "B"].map((name) => {
    const own = picture(`Picture ${name}, an end of the journey`, "gx-end gx-fake");
    const keep = button("", `Keep as ${name}`, `Keep the picture on show as ${name}`, () => {
      stop();
      link.act("keep", name);
    });
    return { own, element: h("div", { className: "gx-endbox" }, h("b", {}, name), own.canvas, keep) };
  });
  const position = slider({
    label: "position", low: "A", high: "B", min: 0, max: 1, step: 0.01, digits: 2,
    input: (v) => {
      stop();
      link.set("position", v);
    },
  });
  const way = choice("along the", [["great circle", "great circle"], ["straight line", "straight line"]],
    (value) => link.set("way", value));
  const length = h("p", { className: "gx-note" });
  const play = button("play", "Play", "Play the journey from A to B and back", () =>
    playing ? stop() : start());
  const arrow = h("div", { className: "gx-arrow" }, icon("arrow"));
  const mix = slider({
    label: "layers from B", low: "A", high: "B", min: 0, max: config.layers || 1, step: 1, digits: 0,
    input: (v) => {
      stop();
      link.set("mix", v);
    },
  });
  const element = h("div", { className: "gx-panel" },
    h("div", { className: "gx-ends" }, ends[0].element, arrow, ends[1].element), position.element);
  if (config.layers)
    element.append(h("div", { className: "gx-row" }, play), mix.element,
      h("p", { className: "gx-note" }, "Style mixing: the last layers come from B, the first from A. " +
        "The first decide the shape, the last the surface."));
  else element.append(h("div", { className: "gx-row" }, play, way.element), length);

  let playing = null; // the frame asked for next
  let at = 0;
  let begin = 0;
  function start() {
    begin = performance.now() - (at < 1 ? at : 0) * ONE_WAY;
    mark(true);
    const frame = (now) => {
      if (!element.isConnected) return stop();
      const phase = ((now - begin) / ONE_WAY) % 2;
      if (link.idle()) link.set("position", phase < 1 ? phase : 2 - phase);
      playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
  }
  function stop() {
    if (playing === null) return;
    cancelAnimationFrame(playing);
    playing = null;
    mark(false);
  }
  function mark(on) {
    play.replaceChildren(icon(on ? "pause" : "play"), h("span", {}, on ? "Pause" : "Play"));
    play.setAttribute("aria-pressed", String(on));
  }
  function update(state) {
    at = state.position;
    position.set(at);
    way.set(state.way);
    mix.set(state.mix);
    if (!config.layers) length.textContent = lengthOf(state, config);
  }
  function paint(pixels) {
    ends.forEach(({ own }, i) => own.paint(bytes(pixels, i * SIDE * SIDE, SIDE * SIDE)));
  }
  return { element, update, paint, stop, plays: () => playing !== null, about: () => "position" };
}
