/* Classes that follow from the goal and the threshold, and what they are called. */
(function (kepu) {
  'use strict';

  /* One class of shares ends and the next begins here; the last edge is the goal itself. */
  kepu.shareEdges = function (goal, steps) {
    const lower = steps.map((step) => Math.floor(goal * step * 20 + 1e-9) / 20);
    const edges = lower.concat(goal).filter((edge) => edge > 0 && edge <= goal);
    return Array.from(new Set(edges)).sort((a, b) => a - b);
  };

  /* Lowest class first, the met one last. */
  kepu.shareFills = function (edges, fills) {
    return fills.slice(fills.length - 1 - edges.length);
  };

  kepu.shareClass = function (share, edges) {
    return edges.filter((edge) => share >= edge).length;
  };

  /* Inclusive upper ends of the classes of minutes; the second is the threshold. */
  kepu.minuteEdges = function (threshold, steps) {
    return steps.map((step) => threshold * step);
  };

  kepu.minuteClasser = function (edges) {
    const limits = edges.map(kepu.limitTicks);
    return function (ticks) {
      let found = 0;
      while (found < limits.length && ticks > limits[found]) found += 1;
      return found;
    };
  };

  kepu.minuteClass = (ticks, edges) => kepu.minuteClasser(edges)(ticks);

  kepu.shareTexts = function (edges) {
    return edges.map((edge, i) => {
      const high = kepu.goalText(edge);
      return i ? `${kepu.goalText(edges[i - 1]).replace('%', '')}–${high}` : `< ${high}`;
    }).concat(edges.length ? `≥ ${kepu.goalText(edges[edges.length - 1])}（达标）` : '全部达标');
  };

  kepu.minuteTexts = function (edges) {
    return edges.map((edge, i) => {
      const range = i ? `${kepu.short(edges[i - 1])}–${kepu.short(edge)}` : `≤ ${kepu.short(edge)}`;
      return `${range} 分${i === 1 ? '（时限）' : ''}`;
    }).concat(`> ${kepu.short(edges[edges.length - 1])} 分`);
  };

  /* Names of the classes of a further measure with the values at which they begin or end. */
  kepu.edgeTexts = function (labels, edges, moreIsBetter) {
    const text = (edge) => kepu.valueText(edge >= 100 ? Math.ceil(edge) : edge);
    const ranges = [`< ${text(edges[0])}`].concat(edges.map((edge, i) => (
      i + 1 < edges.length ? `${text(edge)}–${text(edges[i + 1])}` : `≥ ${text(edge)}`)));
    if (moreIsBetter) ranges.reverse();
    return labels.map((label, i) => `${ranges[i]} ${label}`);
  };

  /* Class of a value of a further measure; the best is 0 whatever its direction. */
  kepu.valueClass = function (value, edges, scale, moreIsBetter) {
    const above = edges.filter((edge) => value / scale >= edge).length;
    return moreIsBetter ? edges.length - above : above;
  };

  /* Evenly picked fills, the best first. */
  kepu.ramp = function (fills, classes) {
    if (classes < 2) return fills.slice(0, 1);
    return Array.from({ length: classes },
      (_, i) => fills[Math.round(i * (fills.length - 1) / (classes - 1))]);
  };
}(window.kepu = window.kepu || {}));
