// The line to Python. What the hand does is collected while an answer is under way, and only
// the last value of each control is sent on: a drag can neither fall behind nor end wrong.
const NUDGES = [6, 12, 20, 32, 48]; // ms
const SLOW = 30; // ms; an answer that takes longer was held back
const PROBE = 32; // every so many requests one goes without nudges, to see if they are needed
const GIVE_UP = 4000; // ms without an answer, after which the next request is sent anyway
const REST = 70; // ms of rest before strip, classifier and code are asked for
const ROAMING = 400; // the same while the hand goes from one control to another

function openLink(model, listeners, fan) {
  const me = Math.random().toString(36).slice(2);
  let tickets = 0;
  let waiting = null; // the ticket of the request under way
  let steps = [];
  let resting = null;
  let moved = null; // the control moved last
  let pause = REST;
  let watch = null;
  let sent = 0; // when the request under way was sent
  let held = false; // whether answers are held back without nudges

  // Jupyter's server writes "busy" and our answer as two small packets, and TCP (Nagle) holds
  // the second until the first is acknowledged, which browsers do only after 40 ms, or with the
  // next thing they send. So we send something, if it helps.
  function nudge(ticket) {
    if (!held || tickets % PROBE === 0) return;
    for (const delay of NUDGES)
      setTimeout(() => waiting === ticket && model.send({ kind: "nudge" }), delay);
  }

  function flush() {
    if (waiting || steps.length === 0) return;
    const ticket = (waiting = `${me} ${++tickets}`);
    clearTimeout(resting);
    model.send({ kind: "steps", ticket, steps });
    steps = [];
    sent = performance.now();
    nudge(ticket);
    clearTimeout(watch);
    watch = setTimeout(() => waiting === ticket && settle(ticket), GIVE_UP);
  }

  function settle(ticket) {
    if (ticket && ticket === waiting) {
      if (!held || tickets % PROBE === 0) held = performance.now() - sent > SLOW;
      waiting = null;
    }
    flush();
    clearTimeout(resting);
    if (!waiting) resting = setTimeout(() => ask({ kind: "rest", ...listeners.wants() }), pause);
  }

  // Move controls at once: pairs of name and value.
  function move(pairs) {
    const names = pairs.map(([name]) => name).join();
    pause = names === moved ? REST : ROAMING;
    moved = names;
    if (pairs.length > 1) fan.drop();
    else fan.touch(...pairs[0]);
    const last = steps.slice(-pairs.length);
    const same = ([what, name], i) => what === "set" && name === pairs[i][0];
    if (last.length === pairs.length && last.every(same)) steps.splice(-pairs.length);
    steps.push(...pairs.map((pair) => ["set", ...pair]));
    flush();
  }
  const set = (name, value) => move([[name, value]]);

  function act(...step) {
    fan.drop();
    steps.push(step);
    flush();
  }

  const ask = (message, buffers) => model.send(message, undefined, buffers);

  function receive(message, buffers) {
    if (message.kind === "state") {
      if (!message.ticket) fan.drop(); // Python moved by itself
      const current = waiting === null || message.ticket === waiting;
      listeners.state(message, buffers[0], current && steps.length === 0);
      settle(message.ticket);
      if (!waiting) listeners.free();
    } else listeners[message.kind]?.(message, buffers[0]);
  }
  model.on("msg:custom", receive);
  const close = () => {
    model.off("msg:custom", receive);
    clearTimeout(resting);
    clearTimeout(watch);
  };
  const alarm = (text) => listeners.alarm({ text });
  return { move, set, act, ask, alarm, close, idle: () => waiting === null,
    roams: () => pause === ROAMING };
}
