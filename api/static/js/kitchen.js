/** The kitchen, /#kitchen: what flows between the services, what waits where, and what is down; it is live. */

import { backoffMs, urlOf } from "./api.js";
import { find, findAll } from "./dom.js";
import { CONNECTION_LOST, setProblem } from "./problems.js";

const MAX_COLUMNS = 12; // of the dots that wait

/**
 * The response of GET /status, as far as it is shown; what is not known is null.
 * @typedef {object} State
 * @property {{problem: string, command: string}[]} problems
 * @property {{reachable: boolean}} redis
 * @property {{used_bytes: number, limit_bytes: number | null} | null} memory
 * @property {{open: number, placed_per_s: number | null} | null} orders
 * @property {Record<string, {published_per_s: number | null}> | null} topics
 * @property {Record<string, Consumer> | null} consumers by service
 * @property {{service: string, health: string}[]} replicas
 */

/**
 * @typedef {object} Consumer
 * @property {number} members
 * @property {number} lag
 * @property {number} oldest_s
 * @property {number | null} handled_per_s
 */

const section = find("#kitchen", HTMLElement);
const status = find("#kitchen-status", HTMLParagraphElement);
const problems = find("#kitchen-problems", HTMLUListElement);
const services = findAll("[data-service]", HTMLElement, section);
const ways = findAll(".way", HTMLElement, section);
const redis = find("[data-server=redis]", HTMLElement, section);

/**
 * Show the kitchen, live.
 * @returns {() => void} stops it
 */
export function openKitchen() {
  /** @type {EventSource | undefined} */ let source;
  /** @type {number | undefined} */ let timer;
  let failures = 0;
  const stopped = new AbortController();

  function pause() {
    source?.close();
    clearTimeout(timer);
  }

  // A hidden tab closes its connection, of which a browser has few, and reconnects when it is visible again.
  function listen() {
    pause();
    if (document.hidden) return;
    source = new EventSource(urlOf("/status/events"));
    source.addEventListener("status", (event) => {
      failures = 0;
      setProblem("connection", null);
      render(JSON.parse(event.data));
    });
    source.onerror = () => {
      pause();
      setProblem("connection", CONNECTION_LOST);
      timer = setTimeout(listen, backoffMs(failures++));
    };
  }

  document.addEventListener("visibilitychange", listen, { signal: stopped.signal });
  section.hidden = false;
  document.title = "Kitchen · Pizzeria";
  listen();
  return () => {
    pause();
    stopped.abort();
    section.hidden = true;
    setProblem("connection", null);
  };
}

/** @param {State} state */
function render(state) {
  renderProblems(state);
  for (const way of ways) {
    const { topic = "", consumer = "" } = way.dataset;
    const rate = state.topics?.[topic]?.published_per_s ?? state.consumers?.[consumer]?.handled_per_s ?? null;
    setText(way, "[data-rate]", rateText(rate));
    way.classList.toggle("flows", rate !== null && rate > 0);
    // The dots of a way move faster, but not much: a thousand a second are not seen as a thousand.
    way.style.setProperty("--tempo", `${(2 / (1 + Math.log10(1 + (rate ?? 0)))).toFixed(2)}s`);
  }
  for (const station of services) renderService(station, state);
  redis.classList.toggle("down", !state.redis.reachable);
  setText(redis, "[data-open]", state.orders ? numberText(state.orders.open) : "—");
  setText(redis, "[data-memory]", state.redis.reachable ? memoryText(state.memory) : "does not answer");
}

/** @param {State} state */
function renderProblems({ problems: found }) {
  const text =
    found.length === 0 ? "Everything works." : `${found.length} ${found.length === 1 ? "problem" : "problems"}.`;
  if (status.textContent !== text) status.textContent = text;
  problems.hidden = found.length === 0;
  const texts = found.map(({ problem, command }) => `${problem}\n${command}`).join("\n");
  if (problems.dataset.texts === texts) return; // a selection stays
  problems.dataset.texts = texts;
  problems.replaceChildren(
    ...found.map(({ problem, command }) => {
      const [item, text, code] = ["li", "p", "code"].map((tag) => document.createElement(tag));
      text.textContent = problem;
      code.textContent = command;
      item.append(text, code);
      return item;
    }),
  );
}

/**
 * @param {HTMLElement} station
 * @param {State} state
 */
function renderService(station, { consumers, replicas, orders }) {
  const service = station.dataset.service ?? "";
  const consumer = consumers?.[service];
  const all = replicas.filter((each) => each.service === service);
  const ill = all.filter((each) => each.health === "not ready" || each.health === "no answer");
  const number = consumer ? consumer.members : all.length;
  station.classList.toggle("down", ill.length > 0 || number === 0);
  const name = consumer ? "member" : "replica";
  const health = ill.length > 0 ? `, ${ill.length} ${ill[0].health}` : "";
  setText(station, "[data-replicas]", `${number || "no"} ${name}${number === 1 || number === 0 ? "" : "s"}${health}`);
  setText(station, "[data-placed]", rateText(orders?.placed_per_s ?? null));
  setText(station, "[data-rate]", rateText(consumer?.handled_per_s ?? null));
  setText(station, "[data-lag]", consumer ? numberText(consumer.lag) : "—");
  setText(
    station,
    "[data-oldest]",
    consumer && consumer.oldest_s > 0 ? `, for ${Math.round(consumer.oldest_s)} s` : "",
  );
  // The root, for a backlog may be of ten records or of a million.
  const columns = Math.min(MAX_COLUMNS, Math.ceil(Math.sqrt(consumer?.lag ?? 0) / 4));
  station.style.setProperty("--columns", String(columns));
}

/**
 * @param {HTMLElement} parent
 * @param {string} selector of an element that it may have
 * @param {string} text
 */
function setText(parent, selector, text) {
  const element = parent.querySelector(selector);
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {number | null} rate */
function rateText(rate) {
  return rate === null ? "—" : rate < 10 ? rate.toFixed(1) : numberText(Math.round(rate));
}

/** @param {number} number */
function numberText(number) {
  return number.toLocaleString("en");
}

/** @param {State["memory"]} memory */
function memoryText(memory) {
  if (!memory) return "—";
  const used = `${(memory.used_bytes / 1e6).toFixed(1)} MB`;
  return memory.limit_bytes ? `${used} of ${(memory.limit_bytes / 1e6).toFixed(0)} MB` : used;
}
