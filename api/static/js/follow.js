/** Follows an order: by server-sent events until it is settled, and by polling once it has timed out. */

import { backoffMs, call, Problem, urlOf } from "./api.js";

/** @import { Change, Order, Status } from "./api.js" */

const POLL_MS = [3_000, 5_000, 10_000, 20_000, 30_000, 60_000]; // the last one repeats
const STABLE_MS = 3_000; // a stream that lasted less has not recovered

/**
 * @typedef {object} Handlers
 * @property {(order: Order) => void} onOrder the whole order
 * @property {(change: Change) => void} onChange what changed of it
 * @property {(problem: Problem) => void} onProblem an error response; unless it is transient the order is no longer followed
 * @property {() => void} onLost the connection is lost
 * @property {() => void} onConnected the connection is established, perhaps again
 */

/**
 * Follow an order until it is ready.
 * @param {string} id
 * @param {Handlers} handlers
 * @returns {() => void} stops following it
 */
export function follow(id, handlers) {
  const path = `/order/${encodeURIComponent(id)}`;
  /** @type {EventSource | undefined} */ let source;
  /** @type {number | undefined} */ let timer;
  /** @type {Status} */ let status = "preparing";
  let failures = 0;
  let polls = 0;
  let openedAt = Infinity;
  let refused = false; // the last stream, by an error response
  let turn = 0; // responses to earlier requests are ignored
  const stopped = new AbortController();

  function pause() {
    turn++;
    source?.close();
    clearTimeout(timer);
  }

  function stop() {
    pause();
    stopped.abort();
  }

  function next() {
    if (status === "ready") stop();
    else if (status === "timed_out") {
      pause();
      timer = setTimeout(poll, POLL_MS[Math.min(polls++, POLL_MS.length - 1)]);
    }
  }

  function listen() {
    pause();
    if (document.hidden) return;
    openedAt = Infinity;
    source = new EventSource(urlOf(`${path}/events`));
    source.addEventListener("order", (event) => {
      openedAt = performance.now();
      receive(handlers.onOrder, JSON.parse(event.data));
    });
    source.addEventListener("change", (event) => receive(handlers.onChange, JSON.parse(event.data)));
    source.onerror = () => {
      // The browser would reconnect by itself, but hides the status: request the order, then listen again.
      refused = source?.readyState === EventSource.CLOSED;
      pause();
      failures = performance.now() - openedAt > STABLE_MS ? 1 : failures + 1;
      if (failures > 1 && !refused) handlers.onLost();
      timer = setTimeout(poll, failures > 1 ? backoffMs(failures - 2) : 0);
    };
  }

  /**
   * @template {Change} T an Order is one as well
   * @param {(update: T) => void} handler
   * @param {T} update
   */
  function receive(handler, update) {
    status = update.status;
    handlers.onConnected();
    handler(update);
    next();
  }

  async function poll() {
    pause();
    const mine = turn;
    try {
      const { body } = await call(path, { signal: stopped.signal });
      if (mine !== turn) return;
      if (!Array.isArray(body?.pizzas)) throw new Problem("", "", 0); // such as of "..", which is another address
      status = body.status;
      if (status !== "preparing") failures = 0;
      if (failures < 2 || refused) handlers.onConnected(); // otherwise the stream must prove it
      handlers.onOrder(body);
      if (status === "preparing") listen();
      else next();
    } catch (error) {
      if (mine !== turn) return;
      failures++;
      if (error instanceof Problem) {
        handlers.onProblem(error);
        if (!error.isTransient) return stop();
        timer = setTimeout(poll, error.retryAfterS * 1000);
      } else {
        handlers.onLost();
        timer = setTimeout(poll, backoffMs(failures - 1));
      }
    }
  }

  // A hidden tab closes its connection, of which a browser has few, and reconnects when it is visible again.
  const watch = () => (document.hidden ? pause() : poll());
  document.addEventListener("visibilitychange", watch, { signal: stopped.signal });
  if (id === "." || id === "..") handlers.onProblem(new Problem("", "", 0));
  else if (document.hidden) poll();
  else listen();
  return stop;
}
