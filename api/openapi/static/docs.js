const docs = document.querySelector("#docs");

SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.document,
  deepLinking: true, // an operation's address can be copied
  tryItOutEnabled: true,
});
