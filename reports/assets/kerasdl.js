// Charts of the pages of `kerasdl report`: each `.chart` holds its numbers as JSON, in the form
// that kerasdl/reports/figures.py writes, and is drawn by uPlot when it comes near the screen.
"use strict";

const style = getComputedStyle(document.documentElement);
const ink = style.getPropertyValue("--ink").trim();
const line = style.getPropertyValue("--line").trim();
const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };

// Seven of them at most, so that their labels stay apart.
function powersOfTen(low, high) {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const step = Math.max(1, Math.ceil((last - first) / 6));
  const count = Math.floor((last - first) / step) + 1;
  return Array.from({ length: count }, (_, i) => Number(`1e${first + i * step}`));
}

function draw(box) {
  const chart = JSON.parse(box.querySelector("script").textContent);
  const series = [{ label: chart.along }];
  const data = [chart.at];
  const bands = [];
  for (const part of chart.parts) {
    series.push({
      label: part.name + " " + part.mark,
      stroke: part.colour,
      width: 2,
      dash: part.dash,
      value: (plot, value) => (value == null ? "" : value.toPrecision(4)),
    });
    data.push(part.values);
    if (part.low) {
      const high = series.length;
      for (const edge of [part.high, part.low]) {
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
  const axes = [{ ...axis, label: chart.along }, y];
  const options = { ...size(), scales, axes, series, bands };
  const plot = new uPlot(options, data, box);
  plot.root.querySelectorAll(".u-series").forEach((row, i) => {
    if (i && !series[i].label) row.style.display = "none"; // edges of a band
  });
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
