/** A ticket for each pizza: its drawing, and a line for each topping. */

import { choiceOf } from "./api.js";
import { find } from "./dom.js";
import { draw } from "./pizza.js";

const COMPACT_FROM = 51; // pizzas; so many are shown without drawings
const WAVE_MS = { pizza: 90, topping: 170, longest: 1_200 }; // the arrival is spread out, for the eye

const list = find("#pizzas", HTMLOListElement);
const template = find(".ticket", HTMLLIElement, find("#ticket", HTMLTemplateElement).content);
export const TOPPINGS = Array.from(template.querySelectorAll("dd"), (cell) => cell.dataset.topping ?? "");

/** @type {HTMLLIElement[]} */ let tickets = [];
let firstArrival = 0;

/**
 * Show a number of pizzas without toppings.
 * @param {number} count
 */
export function build(count) {
  firstArrival = 0;
  const compact = count >= COMPACT_FROM;
  const all = document.createDocumentFragment();
  tickets = Array.from({ length: count }, (_, pizzaId) => {
    const ticket = /** @type {HTMLLIElement} */ (template.cloneNode(true));
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
 * Update a ticket.
 * @param {import("./api.js").Pizza} pizza
 * @param {boolean} timedOut whether a topping that is not there is missing
 * @param {boolean} live whether new toppings are animated
 */
export function paint(pizza, timedOut, live) {
  const ticket = tickets[pizza.pizza_id];
  if (!ticket) return;
  const cells = ticket.querySelectorAll("dd");
  let left = 0;
  TOPPINGS.forEach((topping, index) => {
    const cell = cells[index];
    const choice = choiceOf(pizza, topping);
    const state = choice === null ? (timedOut ? "missing" : "waiting") : "there";
    if (choice === null) left++;
    if (cell.dataset.state === state && (choice === null || cell.textContent === choice)) return;
    cell.textContent = choice ?? state;
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
