/** Calls of the API: what it refuses is a Problem, and what doesn't get through is Lost. */

const PATIENCE_MS = 15_000;

/** The API answered, and said no (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   * @param {number} retryAfterS
   */
  constructor(status, detail, retryAfterS) {
    super(detail);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

/** No answer came, or none of the API's. */
export class Lost extends Error {}

/**
 * Ask for JSON.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<{body: any, headers: Headers}>}
 */
export async function call(url, options = {}) {
  let response;
  let body;
  try {
    const timeout = AbortSignal.timeout(PATIENCE_MS);
    const signal = options.signal ? anyOf(options.signal, timeout) : timeout;
    response = await fetch(url, { ...options, signal, cache: "no-store" });
    body = await response.json();
  } catch (error) {
    if (response && response.status < 500)
      throw new Problem(response.ok ? 404 : response.status, response.statusText, 0);
    throw new Lost(String(error)); // such as the page of a proxy that does not reach the API
  }
  if (response.ok) return { body, headers: response.headers };
  const retryAfterS = Number(response.headers.get("Retry-After")) || 2;
  throw new Problem(response.status, body?.detail || response.statusText, retryAfterS);
}

/**
 * Place an order, and go on trying until an answer comes. The key is the same each time, so that it is made once.
 * @param {string} count as it was typed
 * @param {(error: Problem | Lost) => void} onTrouble told before each new try
 * @returns {Promise<{order_id: string, detail?: string}>}
 * @throws {Problem} the order is refused for good
 */
export async function place(count, onTrouble) {
  const headers = { "Idempotency-Key": newKey() };
  for (let tries = 0; ; tries++) {
    try {
      return (await call(`/order/${encodeURIComponent(count)}`, { method: "POST", headers })).body;
    } catch (error) {
      const again = error instanceof Lost || (error instanceof Problem && error.status >= 500);
      if (!again) throw error;
      onTrouble(error);
      await sleep(error instanceof Problem ? error.retryAfterS * 1000 : backoffMs(tries));
    }
  }
}

/**
 * How long to wait after so many tries: 1 s, 2 s, 4 s, and 5 s at most, never exactly, for others wait as well.
 * @param {number} tries
 */
export function backoffMs(tries) {
  return Math.min(1000 * 2 ** tries, 5_000) * (0.75 + Math.random() / 4);
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A random key; crypto.randomUUID is there in secure contexts alone, which an address of a local network is not. */
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
