/** The orders of this browser. */

import { when } from "./words.js";

const KEY = "pizzeria.orders";
const KEPT = 12;

const [list, none] = ["orders", "no-earlier"].map((id) => document.getElementById(id));
/** @type {{id: string, count: number, at: number}[]} */ let orders = [];
let isStored = true;
orders = read();

/**
 * Remember an order.
 * @param {string} id
 * @param {number} count
 */
export function remember(id, count) {
  orders = [{ id, count, at: Date.now() }, ...read().filter((order) => order.id !== id)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(orders));
    isStored = true;
  } catch {
    isStored = false; // full, or not allowed: then they are known as long as the page is
  }
  render();
}

/** Show them, and mark the one that is shown. */
export function render() {
  none.hidden = orders.length > 0;
  const shown = location.hash;
  list.replaceChildren(
    ...orders.map(({ id, count, at }) => {
      const [item, link, size, name, time] = ["li", "a", "span", "small", "time"].map((name) =>
        document.createElement(name),
      );
      link.href = `#${encodeURIComponent(id)}`;
      if (link.hash === shown) link.setAttribute("aria-current", "page");
      size.textContent = `${count} ${count === 1 ? "pizza" : "pizzas"}`;
      name.textContent = id.slice(0, 6); // two may be as large and as old
      time.textContent = when(at);
      link.append(size, " ", name, " ", time);
      item.append(link);
      return item;
    }),
  );
}

/** What is in the storage, as far as it makes sense: anybody may have written there. */
function read() {
  if (!isStored) return orders;
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(found)) return [];
    const isOrder = (each) => typeof each?.id === "string" && each.id && Number.isInteger(each.count);
    return found.filter(isOrder).slice(0, KEPT);
  } catch {
    return orders;
  }
}

addEventListener("storage", ({ key }) => {
  if (key !== KEY && key !== null) return;
  orders = read(); // of another tab
  render();
});
