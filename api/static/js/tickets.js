/** A ticket for each pizza: its drawing, and a line for each topping. */

import { choiceOf } from "./api.js";
import { find } from "./dom.js";
import { draw } from "./pizza.js";

/** @import { Order } from "./api.js" */

const COMPACT_FROM = 51; // pizzas; so many are shown without drawings
const WAVE_MS = { pizza: 90, topping: 170, longest: 1_200 }; // the arrival is spread out, for the eye

const list = find("#pizzas", HTMLOListElement);
const template = find(".ticket", HTMLLIElement, find("#ticket", HTMLTemplateElement).content);
const MENU = Array.from(template.querySelectorAll("dd"), (cell) => cell.dataset.topping ?? "");

/** @type {HTMLLIElement[]} */ let tickets = [];
/** @type {string[]} */ let needed = [];
let firstArrival = 0;

/**
 * Return the toppings that each pizza of an order needs.
 * @param {Order} order
 */
export function neededOf(order) {
  return order.toppings ?? MENU;
}

/**
 * Show the pizzas of an order without toppings.
 * @param {Order} order
 */
export function build(order) {
  const { count } = order;
  firstArrival = 0;
  needed = neededOf(order);
  const blank = /** @type {HTMLLIElement} */ (template.cloneNode(true));
  for (const topping of needed.filter((each) => !MENU.includes(each))) addLine(blank, topping);
  const compact = count >= COMPACT_FROM;
  const all = document.createDocumentFragment();
  tickets = Array.from({ length: count }, (_, pizzaId) => {
    const ticket = /** @type {HTMLLIElement} */ (blank.cloneNode(true));
    find("b", HTMLElement, ticket).textContent = String(pizzaId + 1);
    if (compact) find("svg", SVGElement, ticket).remove();
    all.append(ticket);
    return ticket;
  });
  list.classList.toggle("compact", compact);
  if (compact)
    list.tabIndex = 0; // it scrolls, for which the keyboard needs a focus
  else list.removeAttribute("tabindex");
  list.replaceChildren(all);
  list.scrollTop = 0;
}

/**
 * Add the line of a topping that is no longer on the menu.
 * @param {HTMLLIElement} ticket
 * @param {string} topping
 */
function addLine(ticket, topping) {
  const line = /** @type {HTMLElement} */ (find("dl > div", HTMLElement, ticket).cloneNode(true));
  find("dt", HTMLElement, line).textContent = topping;
  find("dd", HTMLElement, line).dataset.topping = topping;
  find("dl", HTMLElement, ticket).append(line);
}

/**
 * Update a ticket.
 * @param {import("./api.js").Pizza} pizza
 * @param {boolean} timedOut whether a topping that is not there is missing
 * @param {boolean} live whether new toppings are animated
 */
export function paint(pizza, timedOut, live) {
  const ticket = tickets[pizza.pizza_id];
  if (!ticket) return;
  let left = 0;
  ticket.querySelectorAll("dd").forEach((cell, index) => {
    const topping = cell.dataset.topping ?? "";
    const choice = choiceOf(pizza, topping);
    const absent = needed.includes(topping) ? (timedOut ? "missing" : "waiting") : "unneeded";
    const state = choice === null ? absent : "there";
    if (choice === null && absent !== "unneeded") left++;
    if (cell.dataset.state === state && (choice === null || cell.textContent === choice)) return;
    cell.textContent = choice ?? (state === "unneeded" ? "–" : state);
    cell.dataset.state = state;
    /** @type {SVGGElement | null} */ const layer = ticket.querySelector(`g[data-layer="${CSS.escape(topping)}"]`);
    if (layer && choice !== null) draw(layer, topping, choice, pizza.pizza_id);
    if (live && choice !== null) arrive(pizza.pizza_id, index, cell, layer);
  });
  ticket.classList.toggle("ready", !left);
}

/**
 * Animate the arrival of a topping, after those of the pizzas and services before it.
 * @param {number} pizzaId
 * @param {number} index of the topping
 * @param {HTMLElement} cell
 * @param {SVGGElement | null} layer
 */
function arrive(pizzaId, index, cell, layer) {
  const now = performance.now();
  firstArrival ||= now;
  const step = Math.min(WAVE_MS.pizza, WAVE_MS.longest / tickets.length);
  const delay = `${Math.round(Math.max(0, firstArrival + pizzaId * step + index * WAVE_MS.topping - now))}ms`;
  for (const each of [cell, layer]) {
    each?.style.setProperty("--delay", delay);
    each?.classList.add("arrives");
  }
  tickets[pizzaId].style.setProperty("--delay", delay);
}
