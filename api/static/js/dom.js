/** Access to the elements of the page. */

/**
 * Return the first element that matches a selector.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [parent]
 * @throws {TypeError} there is none, or it has another type
 */
export function find(selector, type, parent = document) {
  const found = parent.querySelector(selector);
  if (found instanceof type) return found;
  throw new TypeError(`no ${type.name} matches ${selector}`);
}
