/** The order that is shown: its status, its progress, and its pizzas. */

import { build, paint, TOPPINGS } from "./tickets.js";
import { problem } from "./problems.js";
import { missingText, statusText, when } from "./words.js";

const SAY_EVERY_MS = 1_000; // a screen reader reads each status out
const CONNECTED_AGAIN_MS = 3_000;

const [section, status, empty, docket, progress, tally, placed, link] = [
  "order",
  "status",
  "empty",
  "docket",
  "progress",
  "tally",
  "placed",
  "link",
].map((id) => document.getElementById(id));

/** @type {any} */ let order = null;
/** @type {Set<number>} */ const changed = new Set();
let live = false; // what comes arrives before one's eyes
let frame = 0;
let saidAt = -Infinity;
let again = ""; // that the connection is there again
/** @type {number | undefined} */ let timer;

/** Show that there is no order. */
export function clear() {
  order = null;
  cancelAnimationFrame(frame);
  frame = 0;
  clearTimeout(timer);
  changed.clear();
  again = "";
  status.textContent = "";
  delete section.dataset.status;
  docket.hidden = true;
  empty.hidden = false;
  document.title = "Pizzeria";
}

/**
 * Show a whole order.
 * @param {any} news as GET /order/<id> answers it
 */
export function show(news) {
  if (order?.id !== news.id || order.count !== news.count) start(news, false);
  order = news;
  for (const pizza of order.pizzas) changed.add(pizza.pizza_id);
  schedule();
}

/**
 * Show an order that was placed just now and has nothing yet.
 * @param {string} id
 * @param {number} count
 */
export function expect(id, count) {
  const pizzas = Array.from({ length: count }, (_, pizza_id) => ({ pizza_id }));
  const created_at = new Date().toISOString(); // until the server says it
  start({ id, count, status: "preparing", ready: 0, created_at, completed_at: null, pizzas }, true);
  schedule();
}

/**
 * Show what has changed.
 * @param {any} news as the event says it
 */
export function change({ status, ready, completed_at, pizzas }) {
  if (!order) return;
  Object.assign(order, { status, ready, completed_at });
  for (const pizza of pizzas) {
    order.pizzas[pizza.pizza_id] = pizza;
    changed.add(pizza.pizza_id);
  }
  schedule();
}

/** Say for a moment that the connection is there again. */
export function connectedAgain() {
  again = "Connected again. ";
  saidAt = -Infinity;
  schedule();
  setTimeout(() => {
    again = "";
    schedule();
  }, CONNECTED_AGAIN_MS);
}

/**
 * @param {any} news
 * @param {boolean} isNew
 */
function start(news, isNew) {
  clear();
  order = news;
  live = isNew;
  saidAt = -Infinity;
  build(news.count);
  link.setAttribute("href", `#${encodeURIComponent(news.id)}`);
  empty.hidden = true;
  docket.hidden = false;
}

/** Paint once in a frame, whatever comes meanwhile; a hidden tab has no frames, and is painted when it is seen. */
function schedule() {
  if (order) frame ||= requestAnimationFrame(render);
}

function render() {
  frame = 0;
  if (!order) return;
  for (const pizzaId of changed) paint(order.pizzas[pizzaId], order.status === "timed_out", live);
  changed.clear();
  live = true;
  const all = order.count * TOPPINGS.length;
  const there = order.pizzas.reduce((sum, pizza) => sum + TOPPINGS.filter((topping) => pizza[topping]).length, 0);
  progress.max = all;
  progress.value = there;
  tally.textContent = `${there.toLocaleString("en")} of ${all.toLocaleString("en")} toppings`;
  placed.dateTime = order.created_at;
  placed.textContent = when(Date.parse(order.created_at));
  section.dataset.status = order.status;
  if (there) problem("kafka", null);
  problem(
    "late",
    order.status === "timed_out" ? `${missingText(order, TOPPINGS)} What comes late is still added.` : null,
  );
  say();
}

/** Say the status, not too often while it changes fast. */
function say() {
  clearTimeout(timer);
  const text = again + statusText(order);
  const wait = order.status === "preparing" ? saidAt + SAY_EVERY_MS - performance.now() : 0;
  if (wait > 0) timer = setTimeout(say, wait);
  else if (status.textContent !== text) {
    status.textContent = text;
    document.title = `${statusText(order)} · Pizzeria`;
    saidAt = performance.now();
  }
}
