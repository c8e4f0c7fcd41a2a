/** The client of the API. An error response is a Problem; a request without a response is a ConnectionError. */

const TIMEOUT_MS = 15_000;
const TRANSIENT = ["unavailable", "too-many-waiting", "bad-gateway", "gateway-timeout", "internal-error"].map(
  (name) => `/problems/${name}`,
);

/** @typedef {"preparing" | "ready" | "timed_out"} Status */

/**
 * A pizza; its other properties are the toppings: a choice, or null while it is not there.
 * @typedef {{pizza_id: number, [topping: string]: unknown}} Pizza
 */

/**
 * The response of GET /order/<id>, and the data of the event "order".
 * @typedef {object} Order
 * @property {string} id
 * @property {Status} status
 * @property {number} count
 * @property {number} ready how many pizzas are complete
 * @property {string} created_at RFC 3339
 * @property {string | null} completed_at RFC 3339
 * @property {string[]} [toppings] that each pizza needs; a version that does not send them needs those of the page
 * @property {Pizza[]} pizzas all of them, by pizza_id
 */

/**
 * The data of the event "change"; pizzas are those that changed.
 * @typedef {Pick<Order, "status" | "ready" | "completed_at" | "pizzas">} Change
 */

/**
 * The response of GET /report/<topping>: the number of pizzas of each choice.
 * @typedef {Record<string, number>} Report
 */

/**
 * Return the choice of a topping, or null if the pizza doesn't have it yet.
 * @param {Pizza} pizza
 * @param {string} topping
 */
export function choiceOf(pizza, topping) {
  const choice = pizza[topping];
  return typeof choice === "string" ? choice : null;
}

/** An error response of the API (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {string} type "" if the response is none of the API's
   * @param {string} detail
   * @param {number} retryAfterS
   */
  constructor(type, detail, retryAfterS) {
    super(detail);
    this.isTransient = TRANSIENT.includes(type);
    this.retryAfterS = retryAfterS;
  }
}

/** No response came, or none of the API's. */
export class ConnectionError extends Error {}

/**
 * Return the URL of a path of the API, which a proxy may serve under a prefix.
 * @param {string} path
 */
export function urlOf(path) {
  return new URL(`../..${path}`, import.meta.url).href;
}

/**
 * Send a request and return the JSON of its response.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<{body: any, headers: Headers}>}
 */
export async function call(path, options = {}) {
  let response;
  let body;
  try {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = options.signal ? anyOf(options.signal, timeout) : timeout;
    response = await fetch(urlOf(path), { ...options, signal, cache: "no-store" });
    body = await response.json();
  } catch (error) {
    if (response && response.status < 500) throw new Problem("", response.statusText, 0);
    throw new ConnectionError(String(error)); // such as the error page of a proxy
  }
  if (response.ok) return { body, headers: response.headers };
  const isOurs = String(body?.type).startsWith("/problems/");
  if (!isOurs && response.status >= 500) throw new ConnectionError(response.statusText); // such as of a proxy
  const retryAfterS = Number(response.headers.get("Retry-After")) || 2;
  throw new Problem(body?.type ?? "", body?.detail || response.statusText, retryAfterS);
}

/**
 * Place an order, and retry until a response comes. All tries have the same Idempotency-Key, so it is placed once.
 * @param {number} count
 * @param {(error: Problem | ConnectionError) => void} onRetry called before each retry
 * @returns {Promise<{order_id: string, detail?: string}>}
 * @throws {Problem} the order is refused
 */
export async function place(count, onRetry) {
  const headers = { "Idempotency-Key": newKey() };
  for (let tries = 0; ; tries++) {
    try {
      return (await call(`/order/${count}`, { method: "POST", headers })).body;
    } catch (error) {
      const isTransient = error instanceof ConnectionError || (error instanceof Problem && error.isTransient);
      if (!isTransient) throw error;
      onRetry(error);
      await sleep(error instanceof Problem ? error.retryAfterS * 1000 : backoffMs(tries));
    }
  }
}

/**
 * Return the delay before the next retry: 1 s, 2 s, 4 s, then 5 s, less a random part (jitter).
 * @param {number} tries
 */
export function backoffMs(tries) {
  return Math.min(1000 * 2 ** tries, 5_000) * (0.75 + Math.random() / 4);
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Return a random key; crypto.randomUUID exists in secure contexts alone, which plain HTTP in a local network is not. */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * AbortSignal.any, which browsers before 2024 lack.
 * @param {AbortSignal} first
 * @param {AbortSignal} second
 */
function anyOf(first, second) {
  const either = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) either.abort();
    signal.addEventListener("abort", () => either.abort());
  }
  return either.signal;
}
