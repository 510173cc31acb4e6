// A row of pictures along the control that was moved last; a click goes there.

function strip(link) {
  const title = h("h4", {}, "");
  const [low, high] = [h("span", {}), h("span", {})];
  const row = h("div", { className: "gx-thumbs" });
  const element = h("div", { className: "gx-strip" },
    h("div", { className: "gx-striphead" }, low, title, high), row);
  let shown = null;
  let items = [];
  function mark(state) {
    if (!shown) return;
    const gap = shown.stops.map((stop) => Math.abs(stop - standing(state, shown.name)));
    const away = ["position", "mix"].includes(shown.name) && state.travelling !== shown.name;
    const nearest = state.along === shown.name && !away ? gap.indexOf(Math.min(...gap)) : -1;
    items.forEach(({ one }, i) => one.setAttribute("aria-pressed", String(i === nearest)));
  }
  function show(message, pixels, state) {
    shown = message;
    title.textContent = message.heading;
    [low.textContent, high.textContent] = [message.low, message.high];
    while (items.length > message.stops.length) items.pop().one.remove();
    message.stops.forEach((stop, i) => {
      if (!items[i]) {
        const own = picture("", "gx-thumb");
        own.canvas.setAttribute("aria-hidden", "true");
        const one = h("button", { type: "button", className: "gx-thumbbox" }, own.canvas);
        one.onclick = () => link.set(shown.name, shown.stops[i]);
        row.append(one);
        items.push({ one, own });
      }
      const text = `${message.heading}: ${Number.isInteger(stop) ? stop : stop.toFixed(2)}`;
      items[i].one.title = text;
      items[i].one.setAttribute("aria-label", text);
      items[i].own.paint(bytes(pixels, i * SIDE * SIDE, SIDE * SIDE));
    });
    mark(state);
  }
  return { element, mark, show };
}

// Where a control stands.
function standing({ seed, label, truncation, value, position, mix, values }, name) {
  return { seed, class: label, truncation, value, position, mix }[name] ?? values[name] ?? 0;
}
