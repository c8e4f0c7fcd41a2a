/** The order that is shown: its status, its progress, and its pizzas. */

import { choiceOf } from "./api.js";
import { find } from "./dom.js";
import { formatTime, missingText, statusText } from "./format.js";
import { setProblem } from "./problems.js";
import { build, neededOf, paint } from "./tickets.js";

/** @import { Change, Order } from "./api.js" */

const ANNOUNCE_MS = 1_000; // a screen reader reads each status out
const RECONNECTED_MS = 3_000;

const section = find("#order", HTMLElement);
const status = find("#status", HTMLParagraphElement);
const empty = find("#empty", HTMLDivElement);
const docket = find("#docket", HTMLDivElement);
const progress = find("#progress", HTMLProgressElement);
const tally = find("#tally", HTMLSpanElement);
const placed = find("#placed", HTMLTimeElement);
const link = find("#link", HTMLAnchorElement);

/** @type {Order | null} */ let order = null;
/** @type {Set<number>} */ const changed = new Set();
let live = false; // whether new toppings are animated
let frame = 0;
let announcedAt = -Infinity;
let reconnected = ""; // said before the status
/** @type {number | undefined} */ let timer;

/** Show that there is no order. */
export function clear() {
  order = null;
  cancelAnimationFrame(frame);
  frame = 0;
  clearTimeout(timer);
  changed.clear();
  reconnected = "";
  status.textContent = "";
  delete section.dataset.status;
  docket.hidden = true;
  empty.hidden = false;
  document.title = "Pizzeria";
}

/**
 * Show a whole order.
 * @param {Order} update
 */
export function show(update) {
  const isSame = order?.id === update.id && order.count === update.count;
  if (!order || !isSame || String(neededOf(order)) !== String(neededOf(update))) start(update, false);
  order = update;
  for (const pizza of order.pizzas) changed.add(pizza.pizza_id);
  schedule();
}

/**
 * Show an order that was placed just now and has no toppings yet.
 * @param {string} id
 * @param {number} count
 */
export function showNew(id, count) {
  const pizzas = Array.from({ length: count }, (_, pizza_id) => ({ pizza_id }));
  const created_at = new Date().toISOString(); // until the server sends it
  start({ id, count, status: "preparing", ready: 0, created_at, completed_at: null, pizzas }, true);
  schedule();
}

/**
 * Show what has changed.
 * @param {Change} event
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

/** Say for a moment that the connection is back. */
export function showReconnected() {
  reconnected = "Connected again. ";
  announcedAt = -Infinity;
  schedule();
  setTimeout(() => {
    reconnected = "";
    schedule();
  }, RECONNECTED_MS);
}

/**
 * @param {Order} update
 * @param {boolean} isNew
 */
function start(update, isNew) {
  clear();
  order = update;
  live = isNew;
  announcedAt = -Infinity;
  build(update);
  link.setAttribute("href", `#${encodeURIComponent(update.id)}`);
  empty.hidden = true;
  docket.hidden = false;
}

/** Render once per frame, however many updates there are; a hidden tab has no frames until it is visible. */
function schedule() {
  if (order) frame ||= requestAnimationFrame(render);
}

function render() {
  frame = 0;
  if (!order) return;
  const { pizzas } = order;
  for (const pizzaId of changed) paint(pizzas[pizzaId], order.status === "timed_out", live);
  changed.clear();
  live = true;
  const needed = neededOf(order);
  const all = order.count * needed.length;
  const there = pizzas.flatMap((pizza) => needed.filter((topping) => choiceOf(pizza, topping) !== null)).length;
  progress.max = all;
  progress.value = there;
  tally.textContent = `${there.toLocaleString("en")} of ${all.toLocaleString("en")} toppings`;
  placed.dateTime = order.created_at;
  placed.textContent = formatTime(Date.parse(order.created_at));
  section.dataset.status = order.status;
  if (there) setProblem("kafka", null);
  setProblem(
    "late",
    order.status === "timed_out" ? `${missingText(order, needed)} Toppings that arrive late are still added.` : null,
  );
  announce(order);
}

/**
 * Show the status, once in ANNOUNCE_MS while it changes fast.
 * @param {Order} order
 */
function announce(order) {
  clearTimeout(timer);
  const text = reconnected + statusText(order);
  const wait = order.status === "preparing" ? announcedAt + ANNOUNCE_MS - performance.now() : 0;
  if (wait > 0) timer = setTimeout(announce, wait, order);
  else if (status.textContent !== text) {
    status.textContent = text;
    document.title = `${statusText(order)} · Pizzeria`;
    announcedAt = performance.now();
  }
}
