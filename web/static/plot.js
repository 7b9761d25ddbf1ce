// The plot of a balance: under the pointer, and with the arrow keys, a line and the words of the table's nearest day.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const field = document.querySelector("#plot");
  const heads = [...document.querySelectorAll("#twin thead th")].map((head) => head.textContent.toLowerCase());
  const days = [...document.querySelectorAll("#twin tbody tr")].reverse();
  if (!field || !days.length) return;
  const [line, dot] = field.querySelectorAll(".plot-cross");
  const tip = field.querySelector(".plot-tip");
  let at = days.length - 1;

  function show(number) {
    at = Math.min(days.length - 1, Math.max(0, number));
    const { x, y } = days[at].dataset;
    const [day, ...figures] = [...days[at].cells].map((cell) => cell.textContent);
    tip.textContent = [day, ...figures.map((figure, place) => figure && `${figure} ${heads[place + 1]}`)].filter(Boolean).join(" · ");
    line.setAttribute("x1", `${x}%`);
    line.setAttribute("x2", `${x}%`);
    dot.setAttribute("cx", `${x}%`);
    dot.setAttribute("cy", y);
    field.classList.add("crossed");
    tip.hidden = false;
    const width = tip.offsetWidth;
    tip.style.left = `clamp(0px, ${x}% - ${width / 2}px, 100% - ${width}px)`;
    field.ariaValueNow = at;
    field.ariaValueText = tip.textContent;
  }
  function hide() {
    field.classList.remove("crossed");
    tip.hidden = true;
  }
  const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -1e6, End: 1e6 };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if (!Object.hasOwn(STEPS, event.key)) return;
    event.preventDefault();
    show(tip.hidden ? at : at + STEPS[event.key]);
  });
  field.addEventListener("pointermove", (event) => {
    const { left, width } = field.getBoundingClientRect();
    const x = (100 * (event.clientX - left)) / width;
    show(days.findLastIndex((day) => day.dataset.x <= x));
  });
  field.addEventListener("focus", () => show(at));
  field.addEventListener("blur", hide);
  field.addEventListener("pointerleave", () => document.activeElement === field || hide());
  Object.assign(field, { tabIndex: 0, role: "slider", ariaValueMin: 0, ariaValueMax: days.length - 1, ariaValueNow: at });
  field.ariaLabel = `${document.querySelector("#year-title").textContent}: day by day with the arrow keys`;
});
