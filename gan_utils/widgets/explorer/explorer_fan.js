// Pictures at hand: while the hand rests, Python sends the picture of every position of the
// control moved last. The next move along it shows at once; Python's own answer follows.

function makeFan(paint) {
  let fan = null; // { name, stops, pixels }
  let asked = null; // the control whose fan is under way
  let generation = 0; // of everything else that decides the picture
  let ahead = false; // what is seen came from the fan, and Python's answer has not come

  // Nothing at hand fits any longer.
  function drop() {
    generation++;
    fan = asked = null;
    ahead = false;
  }
  // A control moves: show its picture if it is at hand.
  function touch(name, value) {
    if (name !== (fan?.name ?? asked)) return drop();
    if (!fan) return;
    const { stops, pixels } = fan;
    const i = Math.round((value - stops[0]) / (stops[1] - stops[0]));
    ahead = i >= 0 && i < stops.length && Math.abs(stops[i] - value) < 1e-6;
    if (ahead) paint(bytes(pixels, i * SIDE * SIDE, SIDE * SIDE));
  }
  // The message that asks for a fan, unless it is at hand or under way.
  function request(name) {
    if (name === (fan?.name ?? asked)) return null;
    asked = name;
    fan = null;
    return { kind: "fan", name, generation };
  }
  function take(message, pixels) {
    if (message.generation !== generation) return;
    fan = { name: message.name, stops: message.stops, pixels };
    asked = null;
  }
  return { touch, drop, request, take, ahead: () => ahead, answered: () => (ahead = false) };
}
