/* Draws <figure data-chart="cumulative|stacked" data-source="ID"> from the JSON data block of that id.
   Shapes of the data: cumulative {dates, closed, plan, today, labels {closed, plan, today, axis}};
   stacked {rows [{name, closed, waiting, in_progress, not_started, overdue, url}], labels {the same keys}}.
   Canvas and rich-text tooltips only: the policy allows no inline styles. The table beside each chart is the page's own. */
(function () {
  "use strict";

  const drawn = new Map();

  function look() {
    const css = getComputedStyle(document.body);
    const value = function (name) { return css.getPropertyValue(name).trim(); };
    return {
      paper: value("--paper"), ink: value("--ink"), ink2: value("--ink-2"), hair: value("--hair"), hair2: value("--hair-2"),
      closed: value("--indigo"), waiting: value("--indigo-2"), progress: value("--indigo-3"), idle: value("--indigo-4"),
      alarm: value("--cinnabar"), family: css.fontFamily,
      size: document.body.classList.contains("big-screen") ? window.innerWidth / 75 : parseFloat(css.fontSize) * 0.87,
    };
  }

  function frame(ink, labels) {
    const text = { color: ink.ink2, fontFamily: ink.family, fontSize: ink.size };
    return {
      animation: false,
      aria: { enabled: true },
      textStyle: text,
      grid: { left: 8, right: 24, top: ink.size * 2.6, bottom: 4, containLabel: true },
      legend: { left: 0, top: 0, itemWidth: ink.size * 1.4, itemHeight: ink.size * 0.55, itemGap: ink.size * 1.4, textStyle: text, data: labels, selectedMode: false },
      tooltip: {
        renderMode: "richText", trigger: "axis", confine: true, backgroundColor: ink.paper, borderColor: ink.hair2, borderWidth: 1,
        shadowBlur: 0, textStyle: { color: ink.ink, fontFamily: ink.family, fontSize: ink.size }, axisPointer: { type: "line", lineStyle: { color: ink.hair2 } },
      },
    };
  }

  function valueAxis(ink) {
    return {
      type: "value", minInterval: 1, axisLabel: { color: ink.ink2, fontSize: ink.size }, axisLine: { show: false }, axisTick: { show: false },
      splitLine: { lineStyle: { color: ink.hair } },
    };
  }

  /* Days to come carry no count; left in as nulls they would stretch the last step past today. */
  function untilToday(data) {
    return data.closed.filter(function (count) { return count !== null; });
  }

  function cumulative(data, ink) {
    const labels = data.labels;
    const today = {
      silent: true, symbol: "none", animation: false, lineStyle: { color: ink.ink, type: "solid", width: 1 },
      label: { formatter: labels.today, color: ink.ink, position: "end", fontSize: ink.size, distance: 3 },
      data: [{ xAxis: data.today }],
    };
    const key = [
      { name: labels.closed, icon: "path://M0 0h28v3H0z", itemStyle: { borderWidth: 0 } },
      { name: labels.plan, icon: "path://M0 0h7v2H0zM10 0h7v2h-7zM20 0h7v2h-7z", itemStyle: { borderWidth: 0 } },
    ];
    return Object.assign(frame(ink, key), {
      xAxis: {
        type: "category", data: data.dates, boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: ink.ink2 } },
        axisLabel: { color: ink.ink2, fontSize: ink.size, hideOverlap: true },
      },
      yAxis: valueAxis(ink),
      series: [
        { name: labels.closed, type: "line", step: "end", symbol: "none", data: untilToday(data), color: ink.closed, lineStyle: { color: ink.closed, width: 2.5 }, markLine: today },
        { name: labels.plan, type: "line", symbol: "none", data: data.plan, color: ink.waiting, lineStyle: { color: ink.waiting, width: 1.5, type: "dashed" } },
      ],
    });
  }

  function stacked(data, ink) {
    const labels = data.labels;
    const late = data.rows.some(function (row) { return row.overdue > 0; });
    const fill = { closed: ink.closed, waiting: ink.waiting, in_progress: ink.progress, not_started: ink.idle };
    const keys = ["closed", "waiting", "in_progress", "not_started"];
    const series = keys.map(function (key) {
      return {
        name: labels[key], type: "bar", stack: "state", barWidth: "46%", color: fill[key],
        itemStyle: { color: fill[key], borderColor: key === "not_started" ? ink.hair2 : ink.paper, borderWidth: 1 },
        data: data.rows.map(function (row) { return row[key]; }),
      };
    });
    /* The overdue part lies under the bar as a thin line of its own: it belongs to the open states and is not a fifth one. */
    if (late) {
      series.push({
        name: labels.overdue, type: "bar", stack: "late", barWidth: Math.max(3, ink.size * 0.28), barGap: "18%", color: ink.alarm,
        itemStyle: { color: ink.alarm }, data: data.rows.map(function (row) { return row.overdue; }),
      });
    }
    const option = frame(ink, series.map(function (one) { return one.name; }));
    option.tooltip.axisPointer = { type: "none" };
    return Object.assign(option, {
      xAxis: valueAxis(ink),
      yAxis: {
        type: "category", inverse: true, data: data.rows.map(function (row) { return row.name; }), triggerEvent: true,
        axisTick: { show: false }, axisLine: { lineStyle: { color: ink.ink2 } },
        axisLabel: { color: ink.ink, fontSize: ink.size, width: ink.size * 12, overflow: "break", interval: 0 },
      },
      series: series,
    });
  }

  const KINDS = { cumulative: cumulative, stacked: stacked };

  function open(data, event) {
    const row = data.rows && data.rows[event.dataIndex];
    if (row && row.url) location.assign(row.url);
  }

  function draw(figure) {
    const source = document.getElementById(figure.dataset.source);
    const place = figure.querySelector(".chart-canvas");
    if (!source || !place || !KINDS[figure.dataset.chart]) return;
    const data = JSON.parse(source.textContent);
    let chart = drawn.get(place);
    if (!chart) {
      const wall = document.body.classList.contains("big-screen");
      if (data.rows && !wall) place.style.height = Math.max(9, 3.4 + data.rows.length * 2.1) + "rem";
      place.classList.add("is-drawn");
      chart = echarts.init(place, null, { renderer: "canvas" });
      chart.on("click", function (event) { open(data, event); });
      drawn.set(place, chart);
    }
    chart.setOption(KINDS[figure.dataset.chart](data, look()), true);
  }

  function drawAll() {
    for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
  }

  function fit() {
    for (const [place, chart] of drawn) {
      if (place.isConnected) chart.resize();
      else { chart.dispose(); drawn.delete(place); }
    }
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("rectify:look", drawAll);
  document.addEventListener("htmx:afterSettle", function () { fit(); drawAll(); });
  window.addEventListener("resize", fit);
})();
