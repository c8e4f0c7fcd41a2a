/** The page at /: choose a number, order, and watch; /#<id> shows an earlier order, and /#kitchen the kitchen. */

import { ConnectionError, place, Problem } from "./api.js";
import { find, findAll } from "./dom.js";
import { addEarlier, renderEarlier } from "./earlier.js";
import { follow } from "./follow.js";
import { openKitchen } from "./kitchen.js";
import * as order from "./order.js";
import { CONNECTION_LOST, problemText, setProblem } from "./problems.js";
import { watchReport } from "./report.js";

const KITCHEN = "kitchen";

const form = find("#form", HTMLFormElement);
const count = find("#count", HTMLInputElement);
const countError = find("#count-error", HTMLParagraphElement);
const submit = find("#submit", HTMLButtonElement);
const max = Number(count.dataset.max);
const ordersView = [find(".counter", HTMLDivElement), find("aside", HTMLElement)];
const views = findAll("nav [data-view]", HTMLElement);
let stop = () => {};
let shown = "";
let ordering = false;

/** Show the order that the address names, or the kitchen. */
function open() {
  const id = idOf(location.hash);
  renderEarlier();
  if (id === shown) return;
  shown = id;
  stop();
  for (const about of ["order", "connection", "kafka", "late"]) setProblem(about, null);
  order.clear();
  for (const each of ordersView) each.hidden = id === KITCHEN;
  for (const view of views) {
    if ((view.dataset.view === KITCHEN) === (id === KITCHEN)) view.setAttribute("aria-current", "page");
    else view.removeAttribute("aria-current");
  }
  stop = id === KITCHEN ? openKitchen() : id ? watch(id) : () => {};
}

/** @param {string} id */
function watch(id) {
  let lost = false;
  return follow(id, {
    onOrder: order.show,
    onChange: order.change,
    onLost() {
      lost = true;
      setProblem("connection", CONNECTION_LOST);
    },
    onProblem(error) {
      setProblem("connection", null);
      if (error.isTransient) {
        lost = true;
        setProblem("order", problemText(error));
      } else {
        order.clear();
        const name = id.length > 80 ? `${id.slice(0, 80)}…` : id;
        setProblem("order", `No order ${name}: it was never placed here, or it has expired.`);
      }
    },
    onConnected() {
      if (lost) order.showReconnected();
      lost = false;
      setProblem("connection", null);
      setProblem("order", null);
    },
  });
}

/** @param {SubmitEvent} event */
async function submitted(event) {
  event.preventDefault();
  if (ordering) return;
  setProblem("placing", null);
  const pizzas = numberOfPizzas();
  if (pizzas === null) return count.focus();
  const before = location.hash;
  setOrdering(true);
  try {
    const { order_id: id, detail } = await place(pizzas, (error) => {
      setProblem("placing", error instanceof ConnectionError ? CONNECTION_LOST : problemText(error));
    });
    setProblem("placing", null);
    addEarlier(id, pizzas);
    if (location.hash !== before) return; // another order is shown by now
    location.hash = encodeURIComponent(id);
    open();
    order.showNew(id, pizzas);
    if (detail !== undefined) setProblem("kafka", "Kafka is away: your order is accepted and waits.");
  } catch (error) {
    setProblem("placing", error instanceof Problem ? problemText(error) : String(error));
  } finally {
    setOrdering(false);
  }
}

/** Return the number that was typed; if it is none that the API takes, return null and say so at the field. */
function numberOfPizzas() {
  const typed = count.value.trim();
  const pizzas = /^[0-9]+$/.test(typed) ? Number(typed) : 0;
  if (pizzas >= 1 && pizzas <= max) return pizzas;
  const shown = typed.length > 20 ? `${typed.slice(0, 20)}…` : typed;
  const range = `a whole number from 1 to ${max}.`;
  countError.textContent = shown ? `“${shown}” is not ${range}` : `Enter ${range}`;
  count.setAttribute("aria-invalid", "true");
  return null;
}

/** @param {boolean} now */
function setOrdering(now) {
  ordering = now;
  submit.setAttribute("aria-disabled", String(now)); // not disabled, which would lose the focus
}

/** @param {number} by */
function step(by) {
  const wanted = (Number.parseInt(count.value, 10) || 0) + by;
  count.value = String(Math.min(Math.max(wanted, 1), max));
  clearErrors();
}

/** Remove what was said about the number before it was changed. */
function clearErrors() {
  countError.textContent = "";
  count.removeAttribute("aria-invalid");
  if (!ordering) setProblem("placing", null);
}

/** @param {string} hash */
function idOf(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return hash.slice(1); // a lone %
  }
}

form.addEventListener("submit", submitted);
submit.addEventListener("click", (event) => {
  if (event.detail > 1) event.preventDefault(); // the second click of a double click does not order again
});
count.addEventListener("input", clearErrors);
count.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  event.preventDefault();
  step(event.key === "ArrowUp" ? 1 : -1);
});
find("#fewer", HTMLButtonElement).addEventListener("click", () => step(-1));
find("#more", HTMLButtonElement).addEventListener("click", () => step(1));
addEventListener("hashchange", open);
open();
watchReport();
