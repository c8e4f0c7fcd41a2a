/** Following an order: by events as long as it is being made, and by a look now and then once it has timed out. */

import { backoffMs, call, Problem } from "./api.js";

const LATE_LOOKS_MS = [3_000, 5_000, 10_000, 20_000, 30_000, 60_000]; // the last for ever after
const OPEN_FOR_MS = 3_000; // a stream that lasted less has not recovered

/**
 * @typedef {object} Handlers
 * @property {(order: any) => void} onOrder the whole order
 * @property {(change: any) => void} onChange what changed of it
 * @property {(problem: Problem) => void} onProblem the API says why it doesn't answer; 404 ends the following
 * @property {() => void} onLost the connection is lost
 * @property {() => void} onConnected it is there, perhaps again
 */

/**
 * Follow an order until it is ready.
 * @param {string} id
 * @param {Handlers} handlers
 * @returns {() => void} stops it
 */
export function follow(id, handlers) {
  const path = `/order/${encodeURIComponent(id)}`;
  /** @type {EventSource | undefined} */ let source;
  /** @type {number | undefined} */ let timer;
  let status = "preparing";
  let failures = 0;
  let lateLooks = 0;
  let openedAt = Infinity;
  let refused = false; // the last stream, by an answer of the API
  let turn = 0; // answers to earlier questions are not listened to
  const over = new AbortController();

  function pause() {
    turn++;
    source?.close();
    clearTimeout(timer);
  }

  function stop() {
    pause();
    over.abort();
  }

  function next() {
    if (status === "ready") stop();
    else if (status === "timed_out") {
      pause();
      timer = setTimeout(look, LATE_LOOKS_MS[Math.min(lateLooks++, LATE_LOOKS_MS.length - 1)]);
    }
  }

  function listen() {
    pause();
    if (document.hidden) return;
    openedAt = Infinity;
    source = new EventSource(`${path}/events`);
    source.addEventListener("order", (event) => {
      openedAt = performance.now();
      hear(handlers.onOrder, JSON.parse(event.data));
    });
    source.addEventListener("change", (event) => hear(handlers.onChange, JSON.parse(event.data)));
    source.onerror = () => {
      // The browser would try again by itself, but it cannot tell a status: ask why, and listen again if nothing is.
      refused = source?.readyState === EventSource.CLOSED;
      pause();
      failures = performance.now() - openedAt > OPEN_FOR_MS ? 1 : failures + 1;
      if (failures > 1 && !refused) handlers.onLost();
      timer = setTimeout(look, failures > 1 ? backoffMs(failures - 2) : 0);
    };
  }

  /**
   * @param {(news: any) => void} handler
   * @param {any} news
   */
  function hear(handler, news) {
    status = news.status;
    handlers.onConnected();
    handler(news);
    next();
  }

  async function look() {
    pause();
    const mine = turn;
    try {
      const { body } = await call(path, { signal: over.signal });
      if (mine !== turn) return;
      if (!Array.isArray(body?.pizzas)) throw new Problem(404, "", 0); // "..", say, is another address
      status = body.status;
      if (status !== "preparing") failures = 0;
      if (failures < 2 || refused) handlers.onConnected(); // otherwise the stream must show it
      handlers.onOrder(body);
      if (status === "preparing") listen();
      else next();
    } catch (error) {
      if (mine !== turn) return;
      failures++;
      if (error instanceof Problem) {
        handlers.onProblem(error);
        if (error.status < 500) return stop();
        timer = setTimeout(look, error.retryAfterS * 1000);
      } else {
        handlers.onLost();
        timer = setTimeout(look, backoffMs(failures - 1));
      }
    }
  }

  // A hidden tab keeps no connection, of which a browser has few, and asks when it is seen again.
  const watch = () => (document.hidden ? pause() : look());
  document.addEventListener("visibilitychange", watch, { signal: over.signal });
  if (id === "." || id === "..") handlers.onProblem(new Problem(404, "", 0));
  else if (document.hidden) look();
  else listen();
  return stop;
}
