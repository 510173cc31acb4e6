// What can be taken away: a PNG, a GIF of the journey, the code that makes the picture.

function savePanel(link, config) {
  const scale = h("select", { className: "gx-select", id: newId() },
    ...config.scales.map((s) => h("option", { value: s, selected: s === 16 },
      `${s * SIDE} × ${s * SIDE} pixels`)));
  const ask = (what) => link.ask({ kind: "file", what, scale: +scale.value });
  const text = h("pre", { className: "gx-code", tabIndex: 0 });
  text.setAttribute("aria-label", "Python that makes this picture");
  const copy = button("copy", "Copy", "Copy the code", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch {
      const range = document.createRange(); // no clipboard here: select it instead
      range.selectNodeContents(text);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return say("selected; press Ctrl-C");
    }
    say("copied");
  });
  const told = h("span", { className: "gx-note" });
  told.setAttribute("aria-live", "polite");
  function say(what) {
    told.textContent = what;
    setTimeout(() => (told.textContent = ""), 3000);
  }
  const element = h("div", { className: "gx-panel" },
    h("div", { className: "gx-row" }, h("label", { htmlFor: scale.id }, "size"), scale,
      button("save", "Picture (PNG)", "Save the picture on show", () => ask("png")),
      button("save", "Journey (GIF)", "Save the journey from A to B and back", () => ask("gif"))),
    h("p", { className: "gx-note" }, "The files say inside that they are generated."),
    h("h4", {}, "The code that makes exactly this picture"), text,
    h("div", { className: "gx-row" }, copy,
      button("save", "Save (.py)", "Save the code as a file", () => ask("py")), told));
  function file(message, content) {
    download(message.name, message.type, bytes(content));
    say(`saved as ${message.name}`);
  }
  return { element, file, show: (code) => (text.textContent = code) };
}
