// Keeps of the framework's CSS what the pages can use; everything a template or a page's Python names counts as used.
module.exports = {
  css: [
    "node_modules/@tabler/core/dist/css/tabler.min.css",
    "node_modules/@tabler/core/dist/css/tabler-themes.min.css",
  ],
  content: ["web/templates/**/*.html", "web/**/*.py", "web/static/*.js"],
  dynamicAttributes: ["data-bs-theme", "data-bs-theme-base", "data-bs-theme-primary"],
};
