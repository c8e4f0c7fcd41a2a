/** The page at /: choose a number, order, and watch; /#<id> is an earlier order. */

import { Lost, place, Problem } from "./api.js";
import { remember, render as renderEarlier } from "./earlier.js";
import * as order from "./order.js";
import { inWords, problem } from "./problems.js";
import { watchReport } from "./report.js";
import { follow } from "./stream.js";

const LOST = "Connection lost; trying again…";

const [form, count, submit, fewer, more] = ["form", "count", "submit", "fewer", "more"].map((id) =>
  document.getElementById(id),
);
let stop = () => {};
let shown = "";
let ordering = false;

/** Show the order that the address names. */
function open() {
  const id = idOf(location.hash);
  renderEarlier();
  if (id === shown) return;
  shown = id;
  stop();
  for (const about of ["order", "connection", "kafka", "late"]) problem(about, null);
  order.clear();
  if (id) stop = watch(id);
}

/** @param {string} id */
function watch(id) {
  let lost = false;
  return follow(id, {
    onOrder: order.show,
    onChange: order.change,
    onLost() {
      lost = true;
      problem("connection", LOST);
    },
    onProblem(refusal) {
      problem("connection", null);
      if (refusal.status < 500) {
        order.clear();
        const name = id.length > 80 ? `${id.slice(0, 80)}…` : id;
        problem("order", `No order ${name}: it was never placed here, or was forgotten after its day.`);
      } else {
        lost = true;
        problem("order", inWords(refusal));
      }
    },
    onConnected() {
      if (lost) order.connectedAgain();
      lost = false;
      problem("connection", null);
      problem("order", null);
    },
  });
}

/** @param {SubmitEvent} event */
async function submitted(event) {
  event.preventDefault();
  if (ordering) return;
  problem("placing", null);
  const pizzas = count.value.trim();
  if (!count.checkValidity()) {
    problem("placing", `Choose a whole number from ${count.min} to ${count.max}.`);
    return count.focus();
  }
  const before = location.hash;
  setOrdering(true);
  try {
    const { order_id: id, detail } = await place(pizzas, (trouble) => {
      problem("placing", trouble instanceof Lost ? LOST : inWords(trouble));
    });
    problem("placing", null);
    remember(id, Number(pizzas));
    if (location.hash !== before) return; // another order is being looked at by now
    location.hash = encodeURIComponent(id);
    open();
    order.expect(id, Number(pizzas));
    if (detail !== undefined) problem("kafka", "Kafka is away: your order is accepted and waits.");
  } catch (refusal) {
    problem("placing", refusal instanceof Problem ? inWords(refusal) : String(refusal));
  } finally {
    setOrdering(false);
  }
}

/** @param {boolean} now */
function setOrdering(now) {
  ordering = now;
  submit.setAttribute("aria-disabled", String(now)); // not disabled, which would lose the focus
}

/** @param {number} by */
function step(by) {
  const wanted = (Number.parseInt(count.value, 10) || 0) + by;
  count.value = String(Math.min(Math.max(wanted, Number(count.min)), Number(count.max)));
  typed();
}

/** What was wrong with the number may be right now. */
function typed() {
  if (!ordering) problem("placing", null);
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
  if (event.detail > 1) event.preventDefault(); // the second of a double click is not one more order
});
count.addEventListener("input", typed);
fewer.addEventListener("click", () => step(-1));
more.addEventListener("click", () => step(1));
addEventListener("hashchange", open);
open();
watchReport();
