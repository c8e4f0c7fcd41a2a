/** The report: what was chosen, by topping, asked for every 2 s while it can be seen. */

import { call } from "./api.js";

const EVERY_MS = 2_000;

const badge = document.getElementById("stale");
const charts = [...document.querySelectorAll("[data-report]")];
/** @type {number | undefined} */ let timer;
let asking = false;

/** Begin, and go on. */
export function watchReport() {
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
    render(chart.querySelector("tbody"), body);
    const status = headers.get("Cache-Status");
    if (status === null) return null;
    const age = Number(headers.get("Age"));
    return `${status.match(/detail="([^"]*)"/)?.[1] ?? status}${age ? `, ${age} s old` : ""}`;
  } catch {
    return "no report can be had";
  }
}

/**
 * @param {HTMLElement} table its body, which has a row for each choice of the menu
 * @param {Record<string, number>} counts
 */
function render(table, counts) {
  /** @type {Map<string, number>} */ const sums = new Map();
  const rows = new Map(Array.from(table.rows, (row) => [row.dataset.choice, row]));
  for (const choice of rows.keys()) sums.set(choice, 0);
  for (const [choices, count] of Object.entries(counts)) {
    for (const choice of choices.split(" & ")) sums.set(choice, (sums.get(choice) ?? 0) + count);
  }
  const most = Math.max(1, ...sums.values());
  for (const [choice, sum] of sums) {
    const row = rows.get(choice) ?? table.appendChild(newRow(choice));
    const text = sum.toLocaleString("en");
    if (row.cells[1].textContent !== text) row.cells[1].textContent = text;
    row.style.setProperty("--share", String(sum / most));
    row.classList.toggle("most", sum === most);
  }
}

/** @param {string} choice */
function newRow(choice) {
  const row = document.createElement("tr");
  row.dataset.choice = choice;
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = choice;
  row.append(name, document.createElement("td"));
  return row;
}
