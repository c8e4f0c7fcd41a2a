/** The report: what was chosen, by topping, asked for every 2 s while it can be seen. */

import { call } from "./api.js";

const EVERY_MS = 2_000;

const badge = document.getElementById("stale");
const charts = [...document.querySelectorAll("[data-report]")];
/** @type {number | undefined} */ let timer;
let asking = false;

/** Begin, and go on. */
export function watchReport() {
  for (const chart of charts) chart.querySelector("button").addEventListener("click", unfold);
  document.addEventListener("visibilitychange", refresh);
  refresh();
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  asking = true;
  const reasons = await Promise.all(charts.map(update));
  asking = false;
  const reason = reasons.find((each) => each !== null) ?? null;
  const text = reason === null ? "" : `stale: ${reason}`;
  if (badge.textContent !== text) badge.textContent = text;
  timer = setTimeout(refresh, EVERY_MS);
}

/**
 * Bring a chart up to date, and return why it is stale, if it is.
 * @param {HTMLElement} chart
 * @returns {Promise<string | null>}
 */
async function update(chart) {
  try {
    const { body, headers } = await call(`/report/${encodeURIComponent(chart.dataset.report)}`);
    render(chart, body);
    const status = headers.get("Cache-Status");
    if (status === null) return null;
    const age = Number(headers.get("Age"));
    return `${status.match(/detail="([^"]*)"/)?.[1] ?? status}${age ? `, ${age} s old` : ""}`;
  } catch {
    return "no report can be had";
  }
}

/**
 * Show counts by choice. Two choices at once have rows of their own, as in the report; a button unfolds those.
 * @param {HTMLElement} chart
 * @param {Record<string, number>} report
 */
function render(chart, report) {
  const counts = new Map(Object.entries(report)); // an object would have a "constructor" that nobody chose
  const table = chart.querySelector("tbody");
  const rows = new Map(Array.from(table.rows, (row) => [row.dataset.choice, row]));
  for (const choice of [...counts.keys()].sort()) {
    if (!rows.has(choice)) rows.set(choice, table.appendChild(newRow(choice)));
  }
  const most = Math.max(1, ...counts.values());
  let pairs = 0;
  for (const [choice, row] of rows) {
    const count = counts.get(choice) ?? 0;
    if (row.classList.contains("pair")) pairs += count;
    const text = String(count);
    if (row.cells[1].textContent !== text) row.cells[1].textContent = text;
    row.style.setProperty("--share", String(count / most));
  }
  const button = chart.querySelector("button");
  button.hidden = !pairs;
  button.querySelector("b").textContent = String(pairs);
}

/** @param {string} choice */
function newRow(choice) {
  const row = document.createElement("tr");
  row.dataset.choice = choice;
  row.classList.toggle("pair", choice.includes(" & "));
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = choice;
  row.append(name, document.createElement("td"));
  return row;
}

/** @param {MouseEvent} event */
function unfold({ currentTarget: button }) {
  const unfolded = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(unfolded));
  button.closest("[data-report]").classList.toggle("unfolded", unfolded);
}
