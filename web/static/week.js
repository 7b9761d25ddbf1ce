// The grid of the week: a cell is saved when it is left, keys lead from cell to cell, and nothing typed is lost.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const CELL = ".hours-grid [data-cell]";
  const isMark = (field) => field.type === "checkbox";
  const written = (field) => (isMark(field) ? (field.checked ? "x" : "") : field.value.trim());
  const before = (field) => (isMark(field) ? (field.defaultChecked ? "x" : "") : field.defaultValue);
  const fieldOf = (cell) => one("[data-cell]", cell);

  const waiting = new Map(); // cells on their way, with what was typed into each
  let last = Promise.resolve(); // one after the other: where hours are placed depends on what was there before
  let turn = 0; // tells the commands of one page apart; what was not answered is sent again in its own turn

  function commit(field, always = false) {
    const cell = field.closest("td");
    const typed = written(field);
    if (waiting.get(cell) === typed) return;
    if (typed === before(field) && !always) return calm(cell);
    if (cell.dataset.typed !== typed) Object.assign(cell.dataset, { typed, turn: ++turn });
    waiting.set(cell, typed);
    mark(cell, "saving");
    last = last.then(() => send(cell, typed));
  }

  async function send(cell, typed) {
    await pressed;
    let answer;
    const listen = ({ detail }) => { answer = detail.ctx.response; };
    cell.addEventListener("htmx:finally:request", listen, { once: true });
    one(`#p-${keyOf(cell)}`)?.remove();
    let newer = typed;
    const look = () => { newer = written(fieldOf(cell)); };
    cell.addEventListener("htmx:before:swap", look, { once: true });
    await htmx.ajax("POST", one("#hours").action, { source: cell, swap: "none", values: valuesOf(cell, typed) });
    cell.removeEventListener("htmx:before:swap", look);
    if (waiting.get(cell) === typed) waiting.delete(cell);
    settle(cell, answer?.status ?? 0, newer === typed ? null : newer);
  }

  function settle(cell, status, newer) {
    const field = fieldOf(cell);
    if (status && status !== 503) delete cell.dataset.typed;
    if (!field) return;
    if (newer !== null && !isMark(field)) field.value = newer;
    if (waiting.has(cell)) return;
    if (status >= 200 && status < 400) return mark(cell, "saved");
    field.setAttribute("aria-invalid", "true");
    if (one(`#p-${keyOf(cell)}`)) field.setAttribute("aria-describedby", `p-${keyOf(cell)}`);
    mark(cell, "refused");
    if (one("#hours-reason[aria-invalid]")) one("#hours-reason").focus();
  }

  const keyOf = (cell) => cell.id.slice(2);

  function valuesOf(cell, typed) {
    const { csrf, command_id: commandId } = one("#hours").elements;
    const reason = one("#hours-reason")?.value ?? "";
    const values = { csrf: csrf.value, command_id: commandId.value, turn: cell.dataset.turn, reason, busy: isBusy() };
    for (const { type, name, value } of all("input[type=hidden]", cell)) values[name] = value;
    values[fieldOf(cell).name] = typed;
    return values;
  }
  // Something half typed into the open day stays where it is.
  function isBusy() {
    return all("#day-card :is(input, textarea):not([type=hidden])").some((field) => written(field) !== before(field));
  }

  function mark(cell, state) {
    cell.dataset.state = state;
    const refused = all("td[data-state=refused]").length;
    one("#saved").dataset.state = waiting.size ? "saving" : refused ? "refused" : "saved";
    one("#saved span").textContent = waiting.size ? "Saving…" : refused ? `Not saved: ${refused}` : "Saved";
  }
  function calm(cell) {
    const field = fieldOf(cell);
    for (const name of ["aria-invalid", "aria-describedby"]) field.removeAttribute(name);
    one(`#p-${keyOf(cell)}`)?.remove();
    delete cell.dataset.typed;
    if (cell.dataset.state === "refused") mark(cell, "");
  }

  // Whoever leaves the page by a link while something is on its way goes once it has arrived.
  let pressed;
  addEventListener("pointerdown", () => {
    pressed = new Promise((done) => {
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(done), { once: true });
    });
  }, true);
  document.addEventListener("click", (event) => {
    const wanted = event.target.closest("a[href], button, summary");
    if (!waiting.size || !wanted || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const [words, cells] = [wanted.textContent, [...waiting.keys()]];
    last.then(() => {
      const again = wanted.isConnected ? wanted : all(wanted.localName).find((found) => found.textContent === words);
      if (!cells.some((cell) => cell.dataset.state === "refused")) again?.click();
    });
  }, true);
  addEventListener("beforeunload", (event) => waiting.size && event.preventDefault());

  // Keys
  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] };
  function go(from, [down, right]) {
    const rows = all(".hours-grid tbody tr").map((row) => all("td.cell", row));
    const row = rows.findIndex((cells) => cells.includes(from));
    const to = rows[row + down]?.[rows[row].indexOf(from) + right];
    if (to) fieldOf(to)?.focus();
  }
  // An arrow within what is being typed moves the caret.
  function isWithin({ selectionStart, selectionEnd, value, type }, key) {
    if (type !== "text" || !/Left|Right/.test(key) || (selectionStart === 0 && selectionEnd === value.length)) return false;
    return key === "ArrowLeft" ? selectionStart > 0 : selectionEnd < value.length;
  }
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const field = target.closest(CELL);
    if (target.id === "hours-reason" && key === "Enter") {
      event.preventDefault();
      return again();
    }
    if (!field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (key === "Escape" && field.matches("input")) {
      field.value = isMark(field) ? "x" : field.defaultValue;
      field.checked = field.defaultChecked;
      calm(field.closest("td"));
    }
    if (!Object.hasOwn(MOVES, key) || isWithin(field, key) || (key === "Enter" && field.href)) return;
    event.preventDefault();
    if (key === "Enter" && !isMark(field)) commit(field);
    go(field.closest("td"), MOVES[key]);
  });
  document.addEventListener("focusin", ({ target }) => target.matches(`${CELL}.hours`) && target.select());
  document.addEventListener("change", ({ target }) => {
    if (target.matches(CELL)) commit(target);
  });

  // What was refused for want of a reason is sent again with it.
  const again = () => all("td[data-state=refused]").forEach((cell) => commit(fieldOf(cell), true));
  document.addEventListener("click", ({ target }) => target.closest("[data-again]") && again());
})();
