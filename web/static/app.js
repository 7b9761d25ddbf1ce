// What the pages do beyond HTML: dialogs, messages that go away, focus on what changed, keys in the inbox.
(() => {
  "use strict";
  const TOAST_MS = 8000;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // Dialogs: a form that arrived in #dialog is opened; closing takes it away.
  let opener = null;
  function openDialog() {
    const dialog = one("#dialog > dialog");
    if (!dialog || dialog.open) return;
    if (document.activeElement !== document.body) opener = document.activeElement;
    dialog.addEventListener("close", () => {
      dialog.remove();
      opener?.focus();
    });
    dialog.showModal();
  }

  // Answers: a whole page is never put into a part of one, and a refusal is not a place to come back to.
  function arrange(event) {
    const { ctx } = event.detail;
    askers.set(ctx, ctx.sourceElement);
    if (ctx.response.status >= 400) ctx.push = ctx.replace = null;
    if (/^\s*<!doctype/i.test(ctx.text) && !ctx.select) {
      event.preventDefault();
      if (ctx.response.raw.ok) location.assign(ctx.response.raw.url);
      else say(one("#no-answer"));
    }
  }

  // Messages: shown for a while, longer under the pointer or the focus. Refusals stay until dismissed.
  let timer = 0;
  function watchToast() {
    clearTimeout(timer);
    const card = one("#toast .toast-card:not(.tone-bad)");
    if (card) timer = setTimeout(() => card.remove(), TOAST_MS);
  }
  function say(template) {
    one("#toast").replaceChildren(template.content.cloneNode(true));
    watchToast();
  }
  function announceLoaded() {
    // A live region speaks only of what changes in it, so what the page came with is put in again.
    const region = one("#toast");
    const found = [...region.childNodes];
    if (!one(".toast-card", region)) return;
    region.replaceChildren();
    setTimeout(() => {
      region.replaceChildren(...found);
      watchToast();
    }, 100);
  }

  // Focus: the answer may name its own place with autofocus; else the form or link that asked does.
  // Who asked is kept before the swap, since the answer may take them away.
  const askers = new WeakMap();
  function focusChanged(asker) {
    if (!one("#main [autofocus]")) document.getElementById(asker.dataset.focus)?.focus();
  }

  document.addEventListener("htmx:after:request", arrange);
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const asker = askers.get(ctx);
    if (asker?.closest("#dialog dialog") && ctx.response.status < 400) one("#dialog").replaceChildren();
    openDialog();
    watchToast();
    if (asker) focusChanged(asker);
  });
  document.addEventListener("htmx:error", () => say(one("#no-answer")));

  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    const close = event.target.closest("dialog [data-close]");
    if (dismiss) dismiss.closest(".toast-card").remove();
    if (close) close.closest("dialog").close();
    const fold = event.target.closest("[data-fold]");
    if (fold) {
      fold.closest("details").open = false;
      one("#reject").focus();
    }
    if (dismiss || close || fold) event.preventDefault();
    if (event.target.matches("dialog")) event.target.close();
    for (const menu of all("details.account[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches(".reject, .comment")) one("textarea:not([autofocus])", event.target)?.focus();
  }, true);
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => event.target.closest("#toast") && clearTimeout(timer));
  }
  for (const kind of ["pointerout", "focusout"]) {
    document.addEventListener(kind, (event) => event.target.closest("#toast") && watchToast());
  }

  // Keys of the inbox: only letters, only while nothing is being typed.
  function step(by) {
    const rows = all("[data-row]");
    const here = rows.findIndex((row) => row === document.activeElement || row.ariaCurrent === "true");
    const focused = rows.indexOf(document.activeElement);
    const from = focused >= 0 ? focused : here;
    rows[Math.min(rows.length - 1, Math.max(0, from + by))]?.focus();
  }
  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    a: () => one("#approve")?.focus(),
    r: () => one("#reject")?.click(),
    "?": () => one("#keys")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select") || one("dialog[open]");
    if (!one("#inbox") || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  document.addEventListener("DOMContentLoaded", announceLoaded);
})();
