// A slider over kept states: the browser's own, so that keys and screen readers know it.
const NAME = "time: the steps of this run that were kept";
const HELP = "Go back to a kept step. Going on from there drops what came later.";

function render({ model, el }) {
  const name = document.createElement("span");
  const range = document.createElement("input");
  const words = document.createElement("span");
  name.textContent = "time";
  range.type = "range";
  range.min = 0;
  range.title = HELP;
  range.setAttribute("aria-label", NAME);
  for (const seen of [name, words]) seen.setAttribute("aria-hidden", "true");
  el.classList.add("gan-time");
  el.append(name, range, words);

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
  function choose() {
    say();
    model.set("shown", offered[range.value]);
    model.save_changes();
  }
  function release() {
    held = false;
    draw();
  }
  range.addEventListener("pointerdown", () => (held = true));
  range.addEventListener("input", choose);
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  model.on("change:labels", draw);
  model.on("change:shown", draw);
  draw();
  return () => {
    window.removeEventListener("pointerup", release);
    window.removeEventListener("pointercancel", release);
    model.off("change:labels", draw);
    model.off("change:shown", draw);
  };
}

export default { render };
