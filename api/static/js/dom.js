/** Access to the elements of the page. */

/**
 * Return all elements that match a selector.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [parent]
 * @throws {TypeError} one has another type
 */
export function findAll(selector, type, parent = document) {
  return Array.from(parent.querySelectorAll(selector), (found) => {
    if (found instanceof type) return found;
    throw new TypeError(`not a ${type.name}: ${selector}`);
  });
}

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
