/** Texts about an order. */

import { choiceOf } from "./api.js";

/** @import { Order } from "./api.js" */

const MAX_LISTED = 6; // the tickets show the rest

/** @param {Order} order */
export function statusText({ status, ready, count, created_at, completed_at }) {
  if (status === "ready") return `Ready: ${count} ${count === 1 ? "pizza" : "pizzas"}${took(created_at, completed_at)}`;
  return `${status === "timed_out" ? "Timed out" : "Preparing"}: ${ready} of ${count} ready`;
}

/**
 * Return how long the order took, by the server's clock: " in 0.048 s".
 * @param {string} created
 * @param {string | null} completed
 */
function took(created, completed) {
  const ms = Date.parse(completed ?? "") - Date.parse(created);
  if (!(ms >= 0)) return "";
  const seconds = ms / 1000;
  if (seconds < 9.95) return ` in ${seconds < 0.01 ? seconds.toFixed(3) : seconds.toPrecision(2)} s`;
  if (seconds < 100) return ` in ${Math.round(seconds)} s`;
  return ` in ${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/**
 * Return what a timed-out order lacks: "Pizzas 1–3 and 5 lack cheese. Pizza 4 lacks cheese and meats."
 * @param {Order} order
 * @param {string[]} toppings
 */
export function missingText(order, toppings) {
  /** @type {Map<string, number[]>} */ const numbers = new Map();
  for (const pizza of order.pizzas) {
    const lacks = list(toppings.filter((topping) => choiceOf(pizza, topping) === null));
    if (!lacks) continue;
    const those = numbers.get(lacks) ?? [];
    those.push(pizza.pizza_id + 1);
    numbers.set(lacks, those);
  }
  const groups = Array.from(numbers, ([lacks, those]) =>
    those.length === 1 ? `Pizza ${those[0]} lacks ${lacks}.` : `Pizzas ${list(short(ranges(those)))} lack ${lacks}.`,
  );
  return groups.length > MAX_LISTED
    ? `${groups.slice(0, MAX_LISTED).join(" ")} Others lack something as well.`
    : groups.join(" ");
}

/** @param {string[]} parts */
function short(parts) {
  return parts.length > MAX_LISTED ? [...parts.slice(0, MAX_LISTED - 1), "more"] : parts;
}

/**
 * @param {number[]} numbers ascending
 */
function ranges(numbers) {
  /** @type {number[][]} */ const runs = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`));
}

/** @param {string[]} words */
function list(words) {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/**
 * Return the local time, with the date if it is not today's.
 * @param {number} time in ms since 1970
 */
export function formatTime(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const clock = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const today = date.toDateString() === new Date().toDateString();
  return today ? clock : `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${clock}`;
}
