/** Draws the toppings of a pizza; a choice without a drawing of its own is a leaf of basil. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {[colour: string, radius: number]} Spread */

/**
 * What is spread, by topping and choice: colour, and radius of at most 42. Other toppings are in pieces.
 * Maps, for an object would have a "constructor" as well, which may be the choice of a foreign service.
 * @type {Map<string, Map<string, Spread>>}
 */
const SPREADS = new Map([
  [
    "sauce",
    new Map([
      ["regular", ["#c7331d", 38.5]],
      ["light", ["#d4644c", 36]],
      ["extra", ["#b42813", 40.5]],
      ["alfredo", ["#f3e3bf", 38.5]],
      ["bbq", ["#712d1b", 38.5]],
    ]),
  ],
  [
    "cheese",
    new Map([
      ["extra", ["#f7d27e", 36.5]],
      ["three cheese", ["#f7dd9b", 34]],
      ["goat cheese", ["#fbf4e4", 0]],
    ]),
  ],
]);
const PIECES = 7; // of each topping
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/**
 * Draw a topping into its layer.
 * @param {SVGGElement} layer
 * @param {string} topping
 * @param {string} choice
 * @param {number} seed gives each pizza a look of its own, the same each time
 */
export function draw(layer, topping, choice, seed) {
  const random = generator(seed * 31 + topping.length);
  if (choice === "none") layer.replaceChildren();
  else if (SPREADS.has(topping)) layer.replaceChildren(...spread(topping, choice, random));
  else layer.replaceChildren(...pieces(layer, choice.split(" & "), random));
}

/**
 * @param {string} topping
 * @param {string} choice
 * @param {() => number} random
 */
function spread(topping, choice, random) {
  const [color, radius] = SPREADS.get(topping)?.get(choice) ?? ["#e9cf8f", 34];
  const blobs = [];
  if (radius) blobs.push(blob(50, 50, radius, topping === "sauce" ? 0.02 : 0.09, color, random));
  if (choice === "three cheese" || choice === "goat cheese") {
    for (let i = 0; i < 7; i++) {
      const angle = (i + random() / 2) * ((2 * Math.PI) / 7);
      const away = i % 2 ? 24 : 13;
      const tone = choice === "goat cheese" ? color : ["#fff6dc", "#eda93c"][i % 2];
      blobs.push(blob(50 + away * Math.cos(angle), 50 + away * Math.sin(angle), 5 + 2.5 * random(), 0.2, tone, random));
    }
  } else if (choice === "extra" && topping === "cheese") {
    for (let i = 0; i < 5; i++) {
      const angle = i * 1.3 + random();
      blobs.push(blob(50 + 20 * Math.cos(angle), 50 + 20 * Math.sin(angle), 6, 0.2, "#fbe3a4", random));
    }
  }
  return blobs;
}

/**
 * Return pieces that lie in a spiral, as the seeds of a sunflower do, between those of the other toppings.
 * @param {SVGGElement} layer
 * @param {string[]} names
 * @param {() => number} random
 */
function pieces(layer, names, random) {
  const all = [...(layer.parentElement?.querySelectorAll("g") ?? [])];
  const layers = all.filter((each) => !SPREADS.has(each.dataset.layer ?? ""));
  const turn = 2 * Math.PI * random();
  return Array.from({ length: PIECES }, (_, i) => {
    const name = names[i % names.length];
    const at = i * layers.length + layers.indexOf(layer);
    const away = 31 * Math.sqrt((at + 0.8) / (PIECES * layers.length));
    const [x, y] = [50 + away * Math.cos(at * GOLDEN_ANGLE), 50 + away * Math.sin(at * GOLDEN_ANGLE)];
    const known = document.getElementById(name) instanceof SVGSymbolElement;
    return element("use", {
      href: `#${known ? name : "any"}`,
      width: 15,
      height: 15,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${Math.round(((turn + i) * 180) / Math.PI)}) translate(-7.5 -7.5)`,
    });
  });
}

/**
 * A closed, soft curve around a point.
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {number} wobble 0 is a circle
 * @param {string} fill
 * @param {() => number} random
 */
function blob(x, y, radius, wobble, fill, random) {
  const corners = Array.from({ length: 11 }, (_, i) => {
    const [angle, away] = [(i * 2 * Math.PI) / 11, radius * (1 + wobble * (2 * random() - 1))];
    return [x + away * Math.cos(angle), y + away * Math.sin(angle)];
  });
  /** @param {number} i */
  const middle = (i) => {
    const [a, b] = [corners[i % 11], corners[(i + 1) % 11]];
    return `${((a[0] + b[0]) / 2).toFixed(1)} ${((a[1] + b[1]) / 2).toFixed(1)}`;
  };
  const curves = corners.map((_, i) => {
    const [cx, cy] = corners[(i + 1) % 11];
    return `Q${cx.toFixed(1)} ${cy.toFixed(1)} ${middle(i + 1)}`;
  });
  return element("path", { d: `M${middle(0)}${curves.join("")}Z`, fill });
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * Return a generator of pseudorandom numbers from 0 to 1 (mulberry32).
 * @param {number} seed
 */
function generator(seed) {
  let state = seed + 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
