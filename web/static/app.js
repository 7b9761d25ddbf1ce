// What the pages do beyond HTML: dialogs, messages that go away, focus on what changed, keys of the inbox.
(() => {
  "use strict";
  const REFRESH = "Countersign-Refresh"; // sent by regions that ask again by themselves
  const one = (selector, within = document) => within.querySelector(selector);
  const isRefresh = (ctx) => Boolean(ctx?.request?.headers[REFRESH]);

  // Dialogs: a form that arrived in #dialog is opened; closing takes it away and gives the focus back.
  let opener = null;
  function openDialog() {
    const dialog = one("#dialog > dialog");
    if (!dialog || dialog.open) return;
    if (document.activeElement !== document.body) opener = document.activeElement;
    dialog.addEventListener("close", () => {
      leaveDialog();
      opener?.focus();
    });
    dialog.showModal();
  }
  function leaveDialog() {
    house(document.body);
    one("#dialog").replaceChildren();
  }

  // Answers. A whole page is never put into a part of one, and a refusal is not a place to come back to.
  // Who asked is kept before the swap, since the answer may take them away.
  const askers = new WeakMap();
  function arrange(event) {
    const { ctx } = event.detail;
    const { raw, status, headers } = ctx.response;
    const ok = status < 400;
    if (!ok) ctx.push = ctx.replace = null;
    if (/^\s*<!doctype/i.test(ctx.text) && (!ctx.select || raw.redirected)) {
      event.preventDefault();
      if (ok) location.assign(raw.url);
      else if (!isRefresh(ctx)) sayNoAnswer();
    } else if (isRefresh(ctx)) {
      if (!ok && !headers.has("HX-Redirect")) event.preventDefault();
    } else {
      askers.set(ctx, ctx.sourceElement);
      one("#toast").replaceChildren();
      house(document.body); // out of the dialog, which may be exchanged
    }
  }
  // The browser heeds autofocus only while nothing has the focus yet, and says so in the console.
  function takeFocus(event) {
    for (const { fragment } of event.detail.tasks) {
      for (const field of fragment.querySelectorAll("[autofocus]")) {
        field.removeAttribute("autofocus");
        field.setAttribute("data-autofocus", "");
      }
    }
  }
  function settle(event) {
    const { ctx } = event.detail;
    const asker = askers.get(ctx);
    if (!asker) return;
    // What was refused in a dialog is said in it, unless it is the week behind it that says so.
    if (asker.closest("#dialog dialog") && (ctx.response.status < 400 || !ctx.hx?.retarget)) leaveDialog();
    openDialog();
    house();
    // The answer may name the place for the focus; else the form or link that asked does, unless that is gone.
    const named = one("[data-autofocus]", one("dialog[open]") ?? one("#main"));
    named?.removeAttribute("data-autofocus");
    const { focus } = asker.dataset;
    (named ?? (focus && (one(`#${focus}`) ?? one("#main"))))?.focus();
  }

  // Messages: shown for a while, longer under the pointer or the focus. Refusals stay until dismissed.
  let timer = 0;
  function watchToast() {
    clearTimeout(timer);
    const card = one("#toast .toast-card:not(.tone-bad)");
    const end = () => (one("#toast:is(:hover, :focus-within)") ? watchToast() : card.remove());
    if (card) timer = setTimeout(end, 8000);
  }
  // Beside an open dialog nothing else can be reached, so messages live in it meanwhile.
  function house(home = one("dialog[open]") ?? document.body) {
    const toast = one("#toast");
    if (toast.parentElement === home) return watchToast();
    home.append(toast);
    announce();
  }
  function announce() {
    // A live region speaks only of what changes in it, so what it came with is put in once more.
    const toast = one("#toast");
    const found = [...toast.childNodes];
    toast.replaceChildren();
    setTimeout(() => {
      if (!one(".toast-card", toast)) toast.replaceChildren(...found);
      watchToast();
    }, 100);
  }
  function sayNoAnswer() {
    one("#toast").replaceChildren(one("#no-answer").content.cloneNode(true));
    house();
  }

  // What is heard while a command of one's own is under way mostly tells of that command: it is looked at afterwards.
  const underWay = new Set();
  const heard = new Set();
  function hold(event) {
    const { ctx } = event.detail;
    if (isRefresh(ctx)) {
      if (underWay.size) heard.add(ctx.sourceEvent.type);
      if (underWay.size || document.hidden) event.preventDefault();
    } else if (ctx.request.method !== "GET") underWay.add(ctx);
  }
  function release({ detail }) {
    if (!underWay.delete(detail.ctx) || underWay.size) return;
    for (const told of heard) one("#live")?.dispatchEvent(new Event(told));
    heard.clear();
  }

  document.addEventListener("htmx:before:request", hold);
  document.addEventListener("htmx:finally:request", release);
  document.addEventListener("htmx:after:request", arrange);
  document.addEventListener("htmx:before:swap", takeFocus);
  document.addEventListener("htmx:after:swap", settle);
  document.addEventListener("htmx:error", (event) => isRefresh(event.detail.ctx) || sayNoAnswer());
  document.addEventListener("DOMContentLoaded", announce);

  // Live: the page's stream says when there is something to fetch, and whether it stands.
  const isLive = (state) => ({ detail, target }) => {
    if (detail.status === 401 || detail.status === 404) target.remove(); // it would never be let in again
    document.body.dataset.live = state;
  };
  document.addEventListener("htmx:sse:after:connection", isLive("on"));
  for (const end of ["before:connection", "error", "close"]) document.addEventListener(`htmx:sse:${end}`, isLive("off"));
  // Whoever signs out here is on the way to another page already.
  document.addEventListener("signed-out", () => {
    setTimeout(() => location.assign(location.pathname + location.search), 1000);
  });

  // Deciding on many: how many are ticked, and how much time that is.
  const picks = (form) => [...form.querySelectorAll("[name=pick]")];
  function countPicks() {
    const bar = one("[data-bulk-count]");
    if (!bar) return;
    const ticked = picks(bar.closest("form")).filter((pick) => pick.checked);
    const hours = ticked.reduce((sum, pick) => sum + Number(pick.dataset.minutes), 0) / 60;
    bar.textContent = `${ticked.length} selected · ${hours.toFixed(2)} h`;
  }
  function pickPage({ form }) {
    for (const pick of picks(form)) pick.checked = true;
    countPicks();
  }
  // The list changes by itself, and browsers tick again what was ticked when somebody comes back.
  document.addEventListener("htmx:after:swap", countPicks);
  addEventListener("pageshow", countPicks);

  const CLICKS = [
    ["[data-bulk-page]", pickPage],
    ["[data-dismiss]", (link) => link.closest(".toast-card").remove()],
    ["dialog [data-close]", (link) => link.closest("dialog").close()],
    ["[data-fold]", fold],
    ["[commandfor=keys]", () => { one("#keys-on").checked = localStorage.keys !== "off"; }],
  ];
  document.addEventListener("click", (event) => {
    for (const [selector, act] of CLICKS) {
      const found = event.target.closest(selector);
      if (!found) continue;
      if (found.href) event.preventDefault();
      act(found);
    }
    for (const menu of document.querySelectorAll(".account[open], .menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest(".menu a")) menu.open = false;
    }
  });
  function fold(within) {
    const details = within.closest("details");
    details.open = false;
    one("summary", details).focus();
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details[open]")) one("textarea:not([autofocus])", event.target)?.focus();
  }, true);

  // Keys: Escape folds what was unfolded; letters work in the inbox and the week, while nothing is being typed.
  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const focused = rows.indexOf(document.activeElement);
    const from = focused >= 0 ? focused : rows.findIndex((row) => row.ariaCurrent === "true");
    rows[Math.min(rows.length - 1, Math.max(0, from + by))]?.focus();
  }
  const click = (selector) => () => one(selector)?.click();
  // Selects the row that has the focus, else the one that is open.
  function pick() {
    const row = document.activeElement.closest("tr") ?? one("#inbox tr.is-open");
    (row ? one("[name=pick]", row) : null)?.click();
  }
  const KEYS = {
    "#inbox": { j: () => step(1), k: () => step(-1), a: () => one("#approve")?.focus(), r: click("#reject"), x: pick },
    "#week": {
      p: click("#week [rel=prev]"), t: click("#week [rel=up]"), n: click("#week [rel=next]"),
      g: () => (one(".today [data-cell]") ?? one("[data-cell]"))?.focus(),
    },
    "#keys": { "?": click("[commandfor=keys]") },
  };
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const open = key === "Escape" && target.closest("details[open]");
    if (open) fold(open);
    const page = Object.keys(KEYS).find((page) => Object.hasOwn(KEYS[page], key) && one(page));
    if (!page || event.ctrlKey || event.metaKey || event.altKey) return;
    if (one("dialog[open]") || target.matches("input:not([type=checkbox]), textarea, select") || localStorage.keys === "off") return;
    event.preventDefault();
    KEYS[page][key]();
  });
  document.addEventListener("input", ({ target }) => {
    if (!target.matches("[data-counted]")) return;
    one(`#${CSS.escape(target.id)}-left`).textContent = `${target.maxLength - target.value.length} characters left.`;
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "pick") countPicks();
    if (event.target.id === "keys-on") localStorage.keys = event.target.checked ? "on" : "off";
  });
})();
