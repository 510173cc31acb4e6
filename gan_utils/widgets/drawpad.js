// A canvas to draw a distribution on: with a pointer, or with the keyboard alone.
const SIZE = 240; // CSS pixels
const GAP = 0.12; // least distance of two dabs in one stroke, units of the plane
const STEP = 0.1; // one press of an arrow key; with Shift five times as far

function render({ model, el }) {
  const extent = model.get("extent");
  const most = model.get("most");
  const canvas = document.createElement("canvas");
  const help = document.createElement("div");
  const spoken = document.createElement("div");
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  canvas.width = canvas.height = SIZE * ratio;
  canvas.className = "gan-drawpad";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute(
    "aria-label",
    "Drawing pad. Arrow keys move the brush, Space drops a dab, Backspace takes the " +
      "last one back, Delete clears the pad."
  );
  canvas.dataset.lmSuppressShortcuts = "true"; // JupyterLab keeps its hands off the keys
  help.className = "gan-drawpad-help";
  help.textContent =
    "Draw here. Keys: arrows move, Space paints, Backspace undoes, Delete clears.";
  spoken.className = "gan-drawpad-spoken";
  spoken.setAttribute("aria-live", "polite");
  el.append(canvas, help, spoken);

  const pen = canvas.getContext("2d");
  let cursor = [0, 0];
  let stroke = null; // the points while a stroke is under way

  const current = () => stroke ?? model.get("points");
  const bound = (v) => Math.max(-extent, Math.min(extent, Math.round(v * 1000) / 1000));
  const pixel = ([x, y]) => [
    ((x + extent) / (2 * extent)) * SIZE,
    ((extent - y) / (2 * extent)) * SIZE,
  ];

  function paint() {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, SIZE, SIZE);
    pen.strokeStyle = "#e6e6e6";
    pen.lineWidth = 1;
    for (let line = -2; line <= 2; line++) {
      const [a] = pixel([line, 0]);
      pen.beginPath();
      pen.moveTo(a, 0);
      pen.lineTo(a, SIZE);
      pen.moveTo(0, a);
      pen.lineTo(SIZE, a);
      pen.stroke();
    }
    pen.fillStyle = "rgba(27, 90, 158, 0.6)";
    for (const point of current()) {
      pen.beginPath();
      pen.arc(...pixel(point), 6, 0, 2 * Math.PI);
      pen.fill();
    }
    if (document.activeElement === canvas) {
      const [x, y] = pixel(cursor);
      pen.strokeStyle = "#333333";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(x, y, 6, 0, 2 * Math.PI);
      pen.moveTo(x - 11, y);
      pen.lineTo(x + 11, y);
      pen.moveTo(x, y - 11);
      pen.lineTo(x, y + 11);
      pen.stroke();
    }
  }

  function save(points, message) {
    stroke = null;
    model.set("points", points);
    model.save_changes();
    spoken.textContent = message;
    paint();
  }

  function where(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 * extent - extent;
    const y = extent - ((event.clientY - box.top) / box.height) * 2 * extent;
    return [bound(x), bound(y)];
  }

  function dab(point) {
    const last = stroke[stroke.length - 1];
    const far = !last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= GAP;
    if (far && stroke.length < most) stroke.push(point);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus();
    stroke = [...current()];
    cursor = where(event);
    if (stroke.length < most) stroke.push(cursor);
    paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    cursor = where(event);
    dab(cursor);
    paint();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (stroke) save(stroke, `${stroke.length} dabs of paint`);
    });
  }

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const points = model.get("points");
    const move = moves[event.key];
    if (move) {
      const step = event.shiftKey ? 5 * STEP : STEP;
      cursor = [bound(cursor[0] + step * move[0]), bound(cursor[1] + step * move[1])];
      spoken.textContent = `${cursor[0].toFixed(1)}, ${cursor[1].toFixed(1)}`;
      paint();
    } else if (event.key === " " || event.key === "Enter") {
      if (points.length < most) save([...points, cursor], `dab ${points.length + 1}`);
      else spoken.textContent = `The pad is full: ${most} dabs.`;
    } else if (event.key === "Backspace") {
      save(points.slice(0, -1), `${Math.max(points.length - 1, 0)} dabs left`);
    } else if (event.key === "Delete") {
      save([], "cleared");
    } else {
      return; // Tab and everything else go their usual way
    }
    event.preventDefault();
    event.stopPropagation();
  });

  canvas.addEventListener("focus", paint);
  canvas.addEventListener("blur", paint);
  model.on("change:points", paint);
  paint();
  return () => model.off("change:points", paint);
}

export default { render };
