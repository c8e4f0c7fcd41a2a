/** The orders that were placed in this browser. */

import { find } from "./dom.js";
import { formatTime } from "./format.js";

const KEY = "pizzeria.orders";
const MAX_ORDERS = 12;

/** @typedef {{id: string, count: number, at: number}} EarlierOrder at is in ms since 1970 */

const list = find("#orders", HTMLUListElement);
const none = find("#no-earlier", HTMLParagraphElement);
/** @type {EarlierOrder[]} */ let orders = [];
let isStored = true;
orders = read();

/**
 * Add an order.
 * @param {string} id
 * @param {number} count
 */
export function addEarlier(id, count) {
  orders = [{ id, count, at: Date.now() }, ...read().filter((order) => order.id !== id)].slice(0, MAX_ORDERS);
  try {
    localStorage.setItem(KEY, JSON.stringify(orders));
    isStored = true;
  } catch {
    isStored = false; // full, or not allowed: they are kept until the page is closed
  }
  renderEarlier();
}

/** Render the list, and mark the order that is shown. */
export function renderEarlier() {
  none.hidden = orders.length > 0;
  const shown = location.hash;
  list.replaceChildren(
    ...orders.map(({ id, count, at }) => {
      const link = document.createElement("a");
      const [item, size, name, time] = ["li", "span", "small", "time"].map((tag) => document.createElement(tag));
      link.href = `#${encodeURIComponent(id)}`;
      if (link.hash === shown) link.setAttribute("aria-current", "page");
      size.textContent = `${count} ${count === 1 ? "pizza" : "pizzas"}`;
      name.textContent = id.slice(0, 6); // two may be as large and as old
      time.textContent = formatTime(at);
      link.append(size, " ", name, " ", time);
      item.append(link);
      return item;
    }),
  );
}

/** Return the valid orders of the storage, to which other scripts of this origin can write. */
function read() {
  if (!isStored) return orders;
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(found)) return [];
    /** @param {Partial<EarlierOrder> | null} each */
    const isOrder = (each) => typeof each?.id === "string" && each.id && Number.isInteger(each.count);
    return found.filter(isOrder).slice(0, MAX_ORDERS);
  } catch {
    return orders;
  }
}

addEventListener("storage", ({ key }) => {
  if (key !== KEY && key !== null) return;
  orders = read(); // another tab has written
  renderEarlier();
});
