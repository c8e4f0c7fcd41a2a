/** What is wrong at the moment, in one alert. */

const place = document.getElementById("problems");
/** @type {Map<string, string>} */
const problems = new Map();

/**
 * Say that something is wrong, or no longer.
 * @param {string} about of each subject one problem is shown
 * @param {string | null} text
 */
export function problem(about, text) {
  if ((problems.get(about) ?? null) === text) return;
  if (text === null) problems.delete(about);
  else problems.set(about, text);
  if (!problems.size) return place.replaceChildren();
  let alert = place.firstElementChild;
  if (!alert) {
    alert = document.createElement("div");
    alert.className = "problem";
    alert.setAttribute("role", "alert");
    place.append(alert);
  }
  const texts = document.createElement("div");
  for (const each of problems.values()) texts.appendChild(document.createElement("p")).textContent = each;
  alert.replaceChildren(texts, dismissal());
}

/** A button that takes the alert away until something else is wrong. */
function dismissal() {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", "Dismiss");
  button.addEventListener("click", () => place.replaceChildren());
  return button;
}

/**
 * Say it as the API told it.
 * @param {import("./api.js").Problem} refusal
 */
export function inWords({ status, message }) {
  return status === 503 ? `${message}. Trying again…` : message;
}
