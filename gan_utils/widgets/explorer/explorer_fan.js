// Pictures at hand: while the hand rests, Python makes the pictures of the control moved last,
// a few at a time, those nearest to where it stands first. The next move along it shows at
// once; Python's own answer follows.
const FEW = 8; // no move of the hand waits longer than these take

function makeFan(paint) {
  let name = null; // the control
  let step = 1; // between two of its positions
  let pictures = new Map(); // by position, counted in steps
  let asked = false; // some are under way
  let generation = 0; // of everything else that decides the picture
  let ahead = false; // what is seen was at hand, and Python's answer has not come

  // Nothing at hand fits any longer.
  function drop() {
    generation++;
    name = null;
    pictures = new Map();
    asked = ahead = false;
  }
  const place = (value) => Math.round(value / step);
  // A control moves: show its picture if it is at hand.
  function touch(control, value) {
    if (control !== name) return drop();
    const grey = Math.abs(place(value) * step - value) < 1e-6 && pictures.get(place(value));
    ahead = Boolean(grey);
    if (ahead) paint(grey);
  }
  // The message that asks for the next few of [first, step, count] positions around a value;
  // null where some are under way or all are at hand.
  function request(control, [first, size, count], value) {
    if (control !== name) drop();
    if (asked) return null;
    [name, step] = [control, size];
    const places = Array.from({ length: count }, (_, i) => place(first) + i);
    const missing = places.filter((one) => !pictures.has(one));
    if (!missing.length) return null;
    const far = (one) => Math.abs(one * step - value);
    const wanted = missing.sort((a, b) => far(a) - far(b)).slice(0, FEW);
    asked = true;
    return { kind: "fan", name, generation, values: wanted.map((one) => +(one * step).toFixed(6)) };
  }
  function take(message, pixels) {
    if (message.name !== name || message.generation !== generation) return;
    asked = false;
    message.values.forEach((value, i) =>
      pictures.set(place(value), bytes(pixels, i * SIDE * SIDE, SIDE * SIDE)));
  }
  return { touch, drop, request, take, ahead: () => ahead, answered: () => (ahead = false) };
}
