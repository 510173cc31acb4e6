// In command mode JupyterLab takes single keys for itself wherever the focus is inside a
// notebook: "a" on a menu inserts a cell, an arrow leaves the menu. Here they stay ours.
const SUPPRESS = "data-lm-suppress-shortcuts"; // honoured by JupyterLab's shortcuts

function render({ el }) {
  el.style.display = "none";
  const guard = (event) => {
    const box = el.closest(".jp-OutputArea-output");
    if (!box || !box.contains(event.target)) return;
    const forLab = event.ctrlKey || event.metaKey || event.key === "Escape";
    event.target.toggleAttribute(SUPPRESS, !forLab); // Ctrl-S and the like still work
  };
  window.addEventListener("keydown", guard, true); // before JupyterLab's own listener
  return () => window.removeEventListener("keydown", guard, true);
}

export default { render };
