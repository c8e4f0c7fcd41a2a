/** The current problems, in one alert. */

import { find } from "./dom.js";

export const CONNECTION_LOST = "Connection lost; retrying…";

const container = find("#problems", HTMLDivElement);
/** @type {Map<string, string>} */
const problems = new Map();

/**
 * Show a problem, or remove it.
 * @param {string} about the subject; each has one problem at the most
 * @param {string | null} text null removes it
 */
export function setProblem(about, text) {
  if ((problems.get(about) ?? null) === text) return;
  if (text === null) problems.delete(about);
  else problems.set(about, text);
  if (!problems.size) return container.replaceChildren();
  let alert = container.firstElementChild;
  if (!alert) {
    alert = document.createElement("div");
    alert.className = "problem";
    alert.setAttribute("role", "alert");
    container.append(alert);
  }
  const texts = document.createElement("div");
  for (const each of problems.values()) texts.appendChild(document.createElement("p")).textContent = each;
  alert.replaceChildren(texts, dismissButton());
}

/** Return a button that closes the alert until the problems change. */
function dismissButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", "Dismiss");
  button.addEventListener("click", () => container.replaceChildren());
  return button;
}

/**
 * Return the text of an error response.
 * @param {import("./api.js").Problem} problem
 */
export function problemText({ isTransient, message }) {
  return isTransient ? `${message}. Trying again…` : message;
}
