/** The report: the counts of each topping's choices, refreshed every 2 s while the page is visible. */

import { call } from "./api.js";
import { find, findAll } from "./dom.js";

/** @import { Report } from "./api.js" */

const REFRESH_MS = 2_000;

const badge = find("#stale", HTMLParagraphElement);
const charts = findAll("[data-report]", HTMLElement);
/** @type {number | undefined} */ let timer;
let refreshing = false;

/** Refresh the charts, now and from now on. */
export function watchReport() {
  for (const chart of charts) buttonOf(chart).addEventListener("click", () => unfold(chart));
  document.addEventListener("visibilitychange", refresh);
  refresh();
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden || refreshing) return;
  refreshing = true;
  const reasons = await Promise.all(charts.map(update));
  refreshing = false;
  const reason = reasons.find((each) => each !== null) ?? null;
  const text = reason === null ? "" : `stale: ${reason}`;
  if (badge.textContent !== text) badge.textContent = text;
  timer = setTimeout(refresh, REFRESH_MS);
}

/**
 * Update a chart, and return why it is stale, or null.
 * @param {HTMLElement} chart
 * @returns {Promise<string | null>}
 */
async function update(chart) {
  try {
    const { body, headers } = await call(`/report/${encodeURIComponent(chart.dataset.report ?? "")}`);
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
 * Render the counts. Pairs of choices have rows of their own, as in the report; a button unfolds them.
 * @param {HTMLElement} chart
 * @param {Report} report
 */
function render(chart, report) {
  const counts = new Map(Object.entries(report)); // an object would have a "constructor" that nobody chose
  const table = find("tbody", HTMLTableSectionElement, chart);
  const rows = new Map(Array.from(table.rows, (row) => [row.dataset.choice ?? "", row]));
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
  const button = buttonOf(chart);
  button.hidden = !pairs;
  find("b", HTMLElement, button).textContent = String(pairs);
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

/** @param {HTMLElement} chart */
function buttonOf(chart) {
  return find("button", HTMLButtonElement, chart);
}

/** @param {HTMLElement} chart */
function unfold(chart) {
  const button = buttonOf(chart);
  const unfolded = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(unfolded));
  chart.classList.toggle("unfolded", unfolded);
}
