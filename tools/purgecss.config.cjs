// Keeps of the framework's CSS what the templates use: the classes, elements and attributes they name, and no other word.
const words = (html, pattern) => [...html.matchAll(pattern)].flatMap((found) => found[1].match(/[\w-]+/g) ?? []);

module.exports = {
  css: [
    "node_modules/@tabler/core/dist/css/tabler.min.css",
    "node_modules/@tabler/core/dist/css/tabler-themes.min.css",
  ],
  content: ["web/templates/**/*.html"],
  extractors: [
    {
      extensions: ["html"],
      extractor: (html) => ({
        classes: words(html, /class="([^>]*)/g),
        ids: [],
        tags: words(html, /<([a-z][a-z0-9]*)/g),
        attributes: { names: words(html, /\s([a-z-]+)=/g), values: words(html, /="([^"]*)"/g) },
        undetermined: [],
      }),
    },
  ],
  dynamicAttributes: ["data-bs-theme", "data-bs-theme-base", "data-bs-theme-primary", "disabled", "readonly", "open"],
};
