// Sliders along directions, and the latent numbers themselves.

// One slider for each direction of a group that applies to the class on show.
function directionPanel(link, config, groups) {
  const element = h("div", { className: "gx-panel" });
  const sliders = new Map();
  let shown = null;
  function build(label) {
    element.replaceChildren();
    sliders.clear();
    for (const [group, title, note] of groups) {
      const axes = config.axes.filter(
        (axis) => axis.group === group && (!axis.classes || axis.classes.includes(label))
      );
      if (!axes.length) continue;
      if (title)
        element.append(h("h4", {}, `${title} `, h("span", { className: "gx-note" }, note)));
      const grid = h("div", { className: !title ? "gx-one" : axes.length > 3 ? "gx-two" : "gx-three" });
      for (const axis of axes) {
        const own = slider({
          label: axis.name, low: axis.low, high: axis.high, min: -config.reach,
          max: config.reach, step: 0.1, zero: 0, input: (v) => link.set(axis.name, v),
        });
        sliders.set(axis.name, own);
        grid.append(own.element);
      }
      element.append(grid);
    }
    if (!sliders.size)
      element.append(h("p", { className: "gx-note" }, "No named attribute fits this class."));
  }
  function update(state) {
    if (shown !== state.label || !sliders.size) build((shown = state.label));
    for (const [name, own] of sliders) own.set(state.values[name] ?? 0);
  }
  return { element, update, about: () => sliders.keys().next().value };
}

// All latent numbers as bars, which a pointer can drag; one of them as a slider.
function coordinatePanel(link, config) {
  const [width, height] = [440, 120];
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  const canvas = h("canvas", { width: width * ratio, height: height * ratio, className: "gx-bars" });
  canvas.setAttribute("role", "img");
  const count = config.latentDim;
  canvas.setAttribute("aria-label", `All ${count} latent numbers as bars.`);
  const pen = canvas.getContext("2d");
  const which = slider({
    label: `coordinate (1 to ${count})`, min: 1, max: count, step: 1, digits: 0,
    input: (v) => link.set("coordinate", v),
  });
  const value = slider({
    label: "its value", low: "−4", high: "4", min: -config.widest, max: config.widest,
    step: 0.05, zero: 0, digits: 2, input: (v) => link.set("value", v),
  });
  const length = h("p", { className: "gx-note" });
  const note = h("p", { className: "gx-note" },
    "The bars are the numbers z from which the picture is made. Drag a bar, or choose one below.");
  const element = h("div", { className: "gx-panel" }, note, canvas, length, which.element,
    value.element);

  function draw(z, chosen) {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const slot = width / count;
    const style = getComputedStyle(canvas);
    pen.fillStyle = style.getPropertyValue("--gx-hollow");
    pen.fillRect((chosen - 1) * slot, 0, slot, height);
    z.forEach((v, i) => {
      const tall = (Math.min(Math.abs(v), config.widest) / config.widest) * (height / 2 - 2);
      pen.fillStyle = i === chosen - 1 ? "#b35806" : "#e08214";
      pen.fillRect(i * slot + 1, v > 0 ? height / 2 - tall : height / 2, slot - 2, tall);
    });
    pen.fillStyle = "#888888";
    pen.fillRect(0, height / 2 - 0.5, width, 1);
  }
  let dragged = null;
  function drag(event) {
    const box = canvas.getBoundingClientRect();
    if (dragged === null) {
      dragged = Math.floor(((event.clientX - box.left) / box.width) * count) + 1;
      dragged = Math.max(1, Math.min(count, dragged));
      link.set("coordinate", dragged);
    }
    const up = 1 - (event.clientY - box.top) / box.height;
    const wanted = (2 * up - 1) * config.widest;
    link.set("value", Math.max(-config.widest, Math.min(config.widest, wanted)));
  }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drag(event);
  });
  canvas.addEventListener("pointermove", (event) => dragged !== null && drag(event));
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => (dragged = null));
  function update(state) {
    which.set(state.coordinate);
    value.set(state.value);
    length.textContent = lengthOf(state, config);
    draw(state.z, state.coordinate);
  }
  return { element, update, about: () => "value" };
}

const lengthOf = (state, config) =>
  `Length of z: ${state.length.toFixed(2)}. Typical noise has ${Math.sqrt(config.latentDim).toFixed(2)}.`;
