/* Priority of any choice, as the analysis counts it for its standards. No document is needed here. */
(function (kepu) {
  'use strict';

  const PARTS = [0.9, 0.5];
  const PLACES = [['不欠', '首要'], ['不欠', '其余', '首要一半'], ['不欠', '其余一成', '其次四成', '首要一半']];
  /* Against the mean of all towns. */
  const TOWNS = ['不欠', '不到一半', '低于平均', '高于平均'];

  /* People x the part of the limit by which they exceed it, at most one, to a tenth. */
  function scores({ found, limit, weights }) {
    return Float64Array.from(weights, (people, i) => {
      const over = Math.min(found.ticks[i] - limit, limit);
      return over > 0 ? Math.round(10 * people * over / limit) / 10 : 0;
    });
  }

  /* The least value of those that together make a part of the whole, the greatest first. */
  function edgesOf(score, sum) {
    const ranked = Array.from(score).filter((one) => one > 0).sort((a, b) => b - a);
    return PARTS.map((part) => {
      let all = 0;
      return ranked.find((one) => { all += one; return all >= part * sum; });
    });
  }

  /* A measure as the page carries it, or null where nothing falls short. */
  kepu.priority = function (data, answer) {
    if (!answer.weights) return null;
    const score = scores(answer);
    const { town, rural } = data.places;
    const towns = data.towns.code.map(() => 0);
    const halves = [0, 0];
    score.forEach((one, i) => {
      towns[town[i]] += one;
      halves[rural[i] ? 1 : 0] += one;
    });
    const sum = halves[0] + halves[1];
    if (!sum) return null;
    const whole = (one) => Math.round(Math.round(10 * one) / 10);
    const [low, high] = edgesOf(score, sum).map((edge) => Math.max(1, whole(edge)));
    const edges = Array.from(new Set([1, low, high]));
    return {
      key: 'priority', name: '优先级', english: 'Priority', unit: '折算人',
      basis: '未覆盖人数 × 超出时限的程度（至多为 1）；前一半居首',
      scale: 1, moreIsBetter: false,
      values: Int32Array.from(score, whole), edges,
      labels: PLACES[edges.length - 1],
      towns: Int32Array.from(towns, whole), townLabels: TOWNS,
      townEdges: [1, sum / towns.length / 2, sum / towns.length],
      summary: [sum, ...halves, ...towns].map((one) => kepu.count(whole(one))),
    };
  };
}(window.kepu = window.kepu || {}));
