// A slider over kept states: the browser's own, so that keys and screen readers know it.
const HELP = "Go back to a kept step. Going on from there drops what came later.";

function render({ model, el }) {
  const label = document.createElement("label");
  const range = document.createElement("input");
  const words = document.createElement("span");
  range.type = "range";
  range.min = 0;
  range.title = HELP;
  words.setAttribute("aria-hidden", "true"); // the slider's own value text says it
  label.className = "gan-time";
  label.append("time", range, words);
  el.append(label);

  let offered = []; // the labels at the slider's places; they stay while it is held
  let held = false;

  function say() {
    const text = `step ${offered[range.value]}`;
    range.setAttribute("aria-valuetext", `${text} of ${offered[offered.length - 1]}`);
    words.textContent = text;
  }
  function draw() {
    if (held) return;
    offered = model.get("labels");
    range.max = offered.length - 1;
    range.value = offered.indexOf(model.get("shown"));
    range.disabled = offered.length < 2;
    say();
  }
  const hold = () => (held = true);
  const release = () => {
    held = false;
    draw();
  };
  range.addEventListener("pointerdown", hold);
  range.addEventListener("input", () => {
    say();
    model.set("shown", offered[range.value]);
    model.save_changes();
  });
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  model.on("change:labels change:shown", draw);
  draw();
  return () => {
    window.removeEventListener("pointerup", release);
    window.removeEventListener("pointercancel", release);
    model.off("change:labels change:shown", draw);
  };
}

export default { render };
