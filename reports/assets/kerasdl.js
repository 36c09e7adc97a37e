// Pages of `kerasdl report`: charts, and what is folded away. Each `.chart` holds its numbers as JSON,
// in the form that kerasdl/reports/figures.py writes, and is drawn by uPlot when it comes near the screen.
"use strict";

const style = getComputedStyle(document.documentElement);
const colour = (name) => () => style.getPropertyValue(name).trim();
const line = { stroke: colour("--line"), width: 1 };
const axis = { stroke: colour("--ink"), grid: line, ticks: line };
const plots = [];

// Seven of them at most, so that their labels stay apart.
function powersOfTen(low, high) {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const step = Math.max(1, Math.ceil((last - first) / 6));
  const count = Math.floor((last - first) / step) + 1;
  return Array.from({ length: count }, (_, i) => Number(`1e${first + i * step}`));
}

// A stroke as it is drawn in the chart, in front of its name.
function sample(part) {
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg");
  const stroke = document.createElementNS(name, "line");
  const position = { x1: 0, x2: 28, y1: 5, y2: 5 };
  const look = { stroke: part.colour, "stroke-width": 2, "stroke-dasharray": part.dash.join(" ") };
  for (const [key, value] of Object.entries({ width: 28, height: 10, "aria-hidden": true })) {
    svg.setAttribute(key, value);
  }
  for (const [key, value] of Object.entries({ ...position, ...look })) {
    stroke.setAttribute(key, value);
  }
  svg.append(stroke);
  return svg;
}

// Buttons that show and hide a curve; behind their names, the values where the pointer is.
function legend(chart, indices) {
  const list = document.createElement("ul");
  list.className = "legend";
  const at = document.createElement("li");
  const values = [];
  let plot = null;
  chart.parts.forEach((part, i) => {
    const [entry, button, value] = ["li", "button", "span"].map((tag) => document.createElement(tag));
    button.type = "button";
    button.setAttribute("aria-pressed", true);
    button.append(sample(part), ` ${part.name}`);
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", shown);
      for (const index of indices[i]) plot.setSeries(index, { show: shown });
    });
    entry.append(button, value);
    list.append(entry);
    values.push(value);
  });
  list.append(at);
  const update = (current) => {
    plot = current;
    const position = plot.cursor.idx;
    at.textContent = position == null ? "" : `at ${chart.along} ${chart.at[position]}`;
    chart.parts.forEach((part, i) => {
      const value = position == null ? null : part.values[position];
      values[i].textContent = value == null ? "" : ` ${value.toPrecision(4)}`;
    });
  };
  return { list, update };
}

// Distances of two ticks along epochs or steps, of which there are no fractions.
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((zeros) => [1, 2, 5].map((n) => n * 10 ** zeros));

function draw(box) {
  const chart = JSON.parse(box.querySelector("script").textContent);
  const series = [{ label: chart.along }];
  const data = [chart.at];
  const bands = [];
  const indices = []; // of the series of each part: its curve, and the edges of its band
  for (const part of chart.parts) {
    indices.push([series.length]);
    series.push({ label: part.name, stroke: part.colour, width: 2, dash: part.dash });
    data.push(part.values);
    if (part.low) {
      const high = series.length;
      for (const edge of [part.high, part.low]) {
        indices.at(-1).push(series.length);
        series.push({ label: "", stroke: "transparent", points: { show: false } });
        data.push(edge);
      }
      bands.push({ series: [high, high + 1], fill: part.colour + "33" });
    }
  }
  const size = () => ({ width: Math.max(260, box.clientWidth), height: 240 });
  const y = { ...axis, label: chart.quantity };
  const scales = { x: { time: false } };
  if (chart.logarithmic) {
    scales.y = { distr: 3 };
    y.splits = (plot, index, low, high) => powersOfTen(low, high);
    y.filter = (plot, ticks) => ticks;
    y.values = (plot, ticks) => ticks.map((tick) => tick.toExponential(0));
  }
  const axes = [{ ...axis, label: chart.along, incrs: WHOLE }, y];
  const { list, update } = legend(chart, indices);
  const hooks = { init: [update], setCursor: [update] };
  const options = { ...size(), scales, axes, series, bands, hooks, legend: { show: false } };
  const plot = new uPlot(options, data, box);
  box.append(list);
  plots.push(plot);
  addEventListener("resize", () => plot.setSize(size()));
}

const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        near.unobserve(entry.target);
        draw(entry.target);
      }
    }
  },
  { rootMargin: "400px" },
);
document.querySelectorAll(".chart").forEach((box) => near.observe(box));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  plots.forEach((plot) => plot.redraw());
});

// A link to what is folded away opens it.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const own = target.tagName === "TR" ? target.querySelector("details") : null;
  if (own) own.open = true;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();

// One button opens and closes all that is folded below a heading.
document.querySelectorAll("h2").forEach((heading) => {
  const folds = [];
  for (let next = heading.nextElementSibling; next && next.tagName !== "H2"; next = next.nextElementSibling) {
    if (next.matches("details.section")) folds.push(next);
  }
  if (folds.length < 2) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "all";
  const name = () => {
    button.textContent = folds.some((fold) => !fold.open) ? "open all" : "close all";
  };
  button.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = open;
    name();
  });
  name();
  heading.after(button);
});

// What scrolls sideways can be scrolled with the keyboard.
document.querySelectorAll(".wide").forEach((box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
});
