// The live training view: progress, charts, pictures from fixed latents, a stop button.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340, LEFT = 38, RIGHT = 8, TOP = 30, FOOT = 18; // of a chart
const HEIGHTS = { 1: 350, 2: 172 }; // of each, by their number
const PATIENCE = 1000; // ms until an unheard button interrupts the kernel instead
const DEAFNESS = 4000; // ms until it says that the kernel did not hear
const DEAF = "The kernel has not heard the button yet. The stop button ■ in the notebook's " +
  "toolbar does the same: training ends after the step in progress.";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function draw(parent, tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

const short = (value) => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0));

// Two curves are the players', one is the FID; their colours depend on the theme.
const colourOf = (chart, column) => (chart.curves.length > 1 ? ["lt-d", "lt-g"][column] : "lt-fid");

function title(svg, chart) {
  draw(svg, "text", { x: LEFT, y: 12, class: "lt-name", style: "font-weight: 600" }, chart.title);
  let x = LEFT + 7.2 * chart.title.length + 14;
  chart.curves.forEach(([name], column) => {
    const colour = colourOf(chart, column);
    draw(svg, "line", { x1: x, x2: x + 16, y1: 8, y2: 8, class: colour });
    draw(svg, "text", { x: x + 21, y: 12, class: "lt-name" }, name);
    x += 48;
  });
}

function picture(chart, end, height) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  svg.setAttribute("role", "img");
  const bottom = height - FOOT, { low, high, rows, curves } = chart;
  const across = (step) => LEFT + (step / Math.max(end, 1)) * (WIDTH - RIGHT - LEFT);
  const down = (value) => bottom - ((value - low) / (high - low)) * (bottom - TOP);
  title(svg, chart);
  for (const share of [0, 0.5, 1]) {
    const value = low + share * (high - low), y = down(value);
    draw(svg, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "lt-rule" });
    if (rows.length) draw(svg, "text", { x: LEFT - 6, y: y + 3.5, "text-anchor": "end" }, short(value));
  }
  const ends = [[LEFT, "start", "0"], [WIDTH - RIGHT, "end", end.toLocaleString("en")],
    [(LEFT + WIDTH - RIGHT) / 2, "middle", "steps"]];
  for (const [x, anchor, text] of ends)
    draw(svg, "text", { x, y: bottom + 14, "text-anchor": anchor }, text);
  const spoken = [];
  curves.forEach(([name], column) => {
    const good = rows.filter((row) => row[column + 1] !== null);
    if (!good.length) return;
    const points = good.map((row) => `${across(row[0]).toFixed(1)},${down(row[column + 1]).toFixed(1)}`);
    draw(svg, "path", { d: `M${points.join("L")}`, class: colourOf(chart, column) });
    const [x, y] = points.at(-1).split(",");
    draw(svg, "circle", { cx: x, cy: y, r: 3, class: colourOf(chart, column) });
    spoken.push(curves.length > 1 ? `${name} ${good.at(-1)[column + 1].toFixed(2)}` : name);
  });
  svg.setAttribute("aria-label", `${chart.title} ${spoken.join(", ") || "to come"}`);
  return svg;
}

function render({ model, el }) {
  const words = make("strong"), details = make("span"), bar = make("progress",
    { class: "lt-bar", "aria-label": "Training progress" });
  const stop = make("button", { type: "button", class: "lt-stop" }, "Stop and save");
  const deaf = make("p", { class: "lt-deaf", role: "alert", hidden: "" });
  const image = make("img"), sheet = make("figure", { class: "lt-sheet" }, image);
  const side = make("div", { class: "lt-side" });
  const spoken = make("p", { class: "lt-spoken", "aria-live": "polite" });
  const left = make("div", {}, make("p", { class: "lt-words" }, words, details), bar);
  el.append(make("div", { class: "lt", role: "group", "aria-label": "Live training view" },
    make("div", { class: "lt-top" }, left, stop, deaf),
    make("div", { class: "lt-body" }, sheet, side), spoken));
  let pressed = false, timer = null, shown = null;

  const say = (text) => { if (spoken.textContent !== text) spoken.textContent = text; };

  const calm = () => { clearTimeout(timer); deaf.hidden = true; };

  const redraw = () => {
    const state = model.get("state");
    const running = state.phase === "running";
    if (!running) { pressed = false; calm(); }
    words.textContent = pressed ? "Stopping" : state.title;
    details.textContent = state.details;
    [bar.max, bar.value] = [Math.max(state.steps, 1), state.step];
    stop.disabled = !running || pressed;
    if (!pressed) say(state.said);
    image.alt = model.get("alt");
    sheet.style.width = `${model.get("width")}px`;
    side.replaceChildren(...state.charts.map(
      (chart) => picture(chart, state.end, HEIGHTS[state.charts.length])));
    if (shown === model.get("sheet")) return;
    shown = model.get("sheet");
    image.src = URL.createObjectURL(new Blob([shown], { type: "image/png" }));
  };
  const hear = (message) => {
    if (message.kind === "heard") calm();
  };
  const interrupt = () => { // fit ends after the step in progress, as it does for Ctrl-C
    model.widget_manager?.kernel?.interrupt?.();
    timer = setTimeout(() => [deaf.hidden, deaf.textContent] = [false, DEAF], DEAFNESS);
  };
  stop.onclick = () => {
    pressed = true;
    model.send({ kind: "stop" });
    redraw();
    say("Stopping after the step in progress.");
    timer = setTimeout(interrupt, PATIENCE);
  };
  image.onload = () => URL.revokeObjectURL(image.src);
  model.on("change", redraw);
  model.on("msg:custom", hear);
  redraw();
  return () => {
    calm();
    model.off("change", redraw);
    model.off("msg:custom", hear);
  };
}

export default { render };
