/** The page at /docs: Swagger UI, as dark as the system's setting. */

const dark = matchMedia("(prefers-color-scheme: dark)");
const { SwaggerUIBundle } = /** @type {any} */ (window); // of swagger_bundle.js
const docs = /** @type {HTMLElement} */ (document.querySelector("#docs"));

function setTheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches); // Swagger UI's own class
}

dark.addEventListener("change", setTheme);
setTheme();
SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.document,
  deepLinking: true, // an operation's address can be copied
  tryItOutEnabled: true,
});
