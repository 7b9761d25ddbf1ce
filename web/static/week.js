// The grid of the week: a cell is saved when it is left, keys lead from cell to cell, and nothing typed is lost.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within) => all(selector, within)[0];
  const CELL = ".hours-grid [data-cell]";
  const isMark = (field) => field.type === "checkbox";
  const written = (field) => (isMark(field) ? (field.checked ? "x" : "") : field.value.trim());
  const before = (field) => (isMark(field) ? (field.defaultChecked ? "x" : "") : field.defaultValue);
  const fieldOf = (cell) => one("[data-cell]", cell);
  const refusalOf = (cell) => one(`#p-${cell.id.slice(2)}`);

  const waiting = new Map(); // cells on their way, with what was typed into each
  let last = Promise.resolve(); // one after the other: where hours are placed depends on what was there before
  let turn = 0; // tells the commands of one page apart; what was not answered is sent again in its own turn

  function commit(field, always) {
    const cell = field.closest("td");
    const typed = written(field);
    if (waiting.get(cell) === typed) return;
    if (typed === before(field) && !always) return calm(cell);
    waiting.set(cell, typed);
    mark(cell, "saving");
    last = last.then(() => send(cell, typed));
  }
  async function send(cell, typed) {
    await pressed;
    for (const said of [refusalOf(cell), ...all("#refusals > :not(.refusal)")]) said?.remove();
    cell.dataset.turn ||= ++turn;
    let [newer, status] = [typed, 0];
    cell.addEventListener("htmx:before:swap", () => { newer = written(fieldOf(cell)); }, { once: true });
    cell.addEventListener("htmx:finally:request", ({ detail }) => { status = detail.ctx.response?.status; }, { once: true });
    await htmx.ajax("POST", one("#hours").action, { source: cell, swap: "none", values: valuesOf(cell, typed) });
    if (waiting.get(cell) === typed) waiting.delete(cell);
    if (status && status !== 503) delete cell.dataset.turn;
    const field = fieldOf(cell);
    if (newer !== typed && !isMark(field)) field.value = newer;
    if (!waiting.has(cell)) mark(cell, status < 400 ? "saved" : "refused");
    one("#hours-reason[aria-invalid]")?.focus();
  }
  function valuesOf(cell, typed) {
    const { csrf, command_id: id, reason } = one("#hours").elements;
    // Something half typed into the open day stays where it is.
    const busy = all("#day-card :is(input, textarea):not([type=hidden])").some((field) => written(field) !== before(field));
    const values = { csrf: csrf.value, command_id: id.value, turn: cell.dataset.turn, reason: reason?.value ?? "", busy };
    for (const { name, value } of all("[type=hidden]", cell)) values[name] = value;
    return { ...values, [fieldOf(cell).name]: typed };
  }
  function mark(cell, state) {
    cell.dataset.state = state;
    if (state === "refused") {
      fieldOf(cell).ariaInvalid = "true";
      if (refusalOf(cell)) fieldOf(cell).setAttribute("aria-describedby", refusalOf(cell).id);
    }
    const refused = all("td[data-state=refused]").length;
    one("#saved").dataset.state = waiting.size ? "saving" : refused ? "refused" : "saved";
    one("#saved span").textContent = waiting.size ? "Saving…" : refused ? `Not saved: ${refused}` : "Saved";
  }
  function calm(cell) {
    refusalOf(cell)?.remove();
    delete cell.dataset.turn;
    for (const name of ["aria-invalid", "aria-describedby"]) fieldOf(cell).removeAttribute(name);
    if (cell.dataset.state === "refused") mark(cell, "");
  }

  // Whoever goes elsewhere while something is on its way goes once it has arrived.
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
      const found = wanted.isConnected ? wanted : all(wanted.localName).find((other) => other.textContent === words);
      if (!cells.some((cell) => cell.dataset.state === "refused")) found?.click();
    });
  }, true);
  addEventListener("beforeunload", (event) => waiting.size && event.preventDefault());

  // What was refused for want of a reason is sent again with it.
  const again = () => all("td[data-state=refused]").forEach((cell) => commit(fieldOf(cell), true));
  document.addEventListener("click", ({ target }) => target.closest("[data-again]") && again());

  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] };
  function go(from, [down, right]) {
    const rows = all(".hours-grid tbody tr").map((row) => all(".cell", row));
    const row = rows.findIndex((cells) => cells.includes(from));
    const to = rows[row + down]?.[rows[row].indexOf(from) + right];
    if (to) fieldOf(to).focus();
  }
  // An arrow within what is being typed moves the caret.
  function isWithin({ selectionStart: start, selectionEnd: end, value }, key) {
    if (!/Left|Right/.test(key) || start === null || (start === 0 && end === value?.length)) return false;
    return key === "ArrowLeft" ? start > 0 : end < value?.length;
  }
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const field = target.closest(CELL);
    if (target.id === "hours-reason" && key === "Enter") {
      event.preventDefault();
      again();
    }
    if (!field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (key === "Escape" && !field.href) {
      if (!isMark(field)) field.value = field.defaultValue;
      field.select();
      calm(field.closest("td"));
    }
    if (!Object.hasOwn(MOVES, key) || isWithin(field, key) || (key === "Enter" && field.href)) return;
    event.preventDefault();
    if (key === "Enter") commit(field);
    go(field.closest("td"), MOVES[key]);
  });
  document.addEventListener("focusin", ({ target }) => target.matches(`${CELL}.hours`) && target.select());
  document.addEventListener("change", ({ target }) => target.matches(CELL) && commit(target));
})();
