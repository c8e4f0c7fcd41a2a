/** A ticket for each pizza: its drawing, and a line for each topping. */

import { draw } from "./pizza.js";

const COMPACT_FROM = 51; // pizzas; so many are shown without drawings
const WAVE_MS = { pizza: 90, topping: 170, longest: 1_200 }; // the arrival is spread out, for the eye

const list = document.getElementById("pizzas");
const template = document.getElementById("ticket");
export const TOPPINGS = [...template.content.querySelectorAll("dd")].map((cell) => cell.dataset.topping);

/** @type {Element[]} */ let tickets = [];
let firstArrival = 0;

/**
 * Show a number of pizzas without any topping.
 * @param {number} count
 */
export function build(count) {
  firstArrival = 0;
  const compact = count >= COMPACT_FROM;
  const all = document.createDocumentFragment();
  tickets = Array.from({ length: count }, (_, pizzaId) => {
    const ticket = template.content.firstElementChild.cloneNode(true);
    ticket.querySelector("b").textContent = String(pizzaId + 1);
    if (compact) ticket.querySelector("svg").remove();
    all.append(ticket);
    return ticket;
  });
  list.classList.toggle("compact", compact);
  if (compact)
    list.tabIndex = 0; // it scrolls, which takes a focus without a mouse
  else list.removeAttribute("tabindex");
  list.replaceChildren(all);
  list.scrollTop = 0;
}

/**
 * Bring a ticket up to date.
 * @param {any} pizza as the API answers it
 * @param {boolean} timedOut whether what is not there is missing
 * @param {boolean} live whether what is new arrives before one's eyes
 */
export function paint(pizza, timedOut, live) {
  const ticket = tickets[pizza.pizza_id];
  if (!ticket) return;
  const cells = ticket.querySelectorAll("dd");
  let left = 0;
  TOPPINGS.forEach((topping, index) => {
    const cell = cells[index];
    const choice = pizza[topping] ?? null;
    const state = choice === null ? (timedOut ? "missing" : "waiting") : "there";
    if (choice === null) left++;
    if (cell.dataset.state === state && (choice === null || cell.textContent === choice)) return;
    cell.textContent = choice ?? state;
    cell.dataset.state = state;
    const layer = ticket.querySelector(`g[data-layer="${CSS.escape(topping)}"]`);
    if (layer && choice !== null) draw(layer, topping, choice, pizza.pizza_id);
    if (live && choice !== null) arrive(pizza.pizza_id, index, cell, layer);
  });
  ticket.classList.toggle("ready", !left);
}

/**
 * Let a topping come down: not before those of the pizzas and services in front of it, as if one walked along.
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
  cell.closest(".ticket")?.style.setProperty("--delay", delay);
}
