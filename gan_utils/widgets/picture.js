// An <img> that takes its bytes from Python and has alternative text.
function render({ model, el }) {
  const image = document.createElement("img");
  image.style.cssText = "display: block; width: 100%; height: auto";
  image.onload = () => URL.revokeObjectURL(image.src);
  const draw = () => {
    const type = `image/${model.get("format")}`;
    image.src = URL.createObjectURL(new Blob([model.get("value")], { type }));
  };
  const name = () => (image.alt = model.get("alt"));
  model.on("change:value", draw);
  model.on("change:alt", name);
  el.append(image);
  name();
  draw();
  return () => {
    model.off("change:value", draw);
    model.off("change:alt", name);
  };
}

export default { render };
