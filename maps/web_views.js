/* What a measure makes of an answer: classes, fills and words of towns and places. */
(function (kepu) {
  'use strict';

  const NEAR = 1.5;
  kepu.UNCLASSED = -1;
  kepu.OTHER = -2;

  function classesOf({ found, reason }, classOf) {
    const { ticks } = found;
    const classes = new Int8Array(ticks.length);
    for (let i = 0; i < ticks.length; i += 1) {
      if (reason[i] === kepu.NOT_MEANT) classes[i] = kepu.OTHER;
      else classes[i] = ticks[i] === kepu.UNREACHED ? kepu.UNCLASSED : classOf(ticks[i]);
    }
    return classes;
  }

  function coverage({ answer, style }) {
    const { goal, minutes } = answer.choice;
    const edges = kepu.shareEdges(goal, style.shareSteps);
    const fills = kepu.shareFills(edges, style.shareFills);
    const limits = [minutes, minutes * NEAR];
    return {
      title: '镇街覆盖率', english: 'Share covered',
      townFill: (t) => {
        const { share } = answer.towns[t];
        return share === null ? style.paper : fills[kepu.shareClass(share, edges)];
      },
      townText: (t) => kepu.percent(answer.towns[t].share),
      townItems: kepu.shareTexts(edges).map((text, i) => [fills[i], text]).reverse(),
      placeTitle: '居民点', placeEnglish: 'Places',
      classes: classesOf(answer, kepu.minuteClasser(limits)),
      dots: [style.dots[1], style.dots[2], style.dots[3]],
      dotTexts: [
        `≤ ${kepu.short(minutes)} 分（时限内）`,
        `${kepu.short(minutes)}–${kepu.short(limits[1])} 分（略超）`,
        `> ${kepu.short(limits[1])} 分（超出）`,
      ],
    };
  }

  function minutes({ answer, style, data }) {
    const edges = kepu.minuteEdges(answer.choice.minutes, style.minuteSteps);
    const weights = answer.weights || new Int32Array(data.places.n);
    const medians = data.towns.code.map((_, t) => kepu.quantile(
      answer.found.ticks, weights, 0.5, (i) => data.places.town[i] === t));
    const texts = kepu.minuteTexts(edges);
    return {
      title: '镇街中位时间', english: 'Median', medians,
      townFill: (t) => (medians[t] === null ? style.paper
        : style.minuteFills[kepu.minuteClass(medians[t], edges)]),
      townText: (t) => kepu.medianText(medians[t], answer),
      townItems: texts.map((text, i) => [style.minuteFills[i], text]),
      placeTitle: '居民点最短时间', placeEnglish: 'Places',
      classes: classesOf(answer, kepu.minuteClasser(edges)),
      dots: style.dots,
      dotTexts: texts,
    };
  }

  function further({ answer, style }, measure) {
    const fills = kepu.ramp(style.minuteFills, measure.townLabels.length);
    const textOf = (number) => (number < 0 ? '—' : kepu.valueText(number / measure.scale) + ' ' + measure.unit);
    const { moreIsBetter, scale } = measure;
    const classOf = (number, edges) => kepu.valueClass(number, edges, scale, moreIsBetter);
    return {
      measure, title: measure.name, english: measure.english,
      townFill: (t) => (measure.towns[t] < 0 ? style.paper
        : fills[classOf(measure.towns[t], measure.townEdges)]),
      townText: (t) => measure.summary[3 + t],
      townItems: kepu.edgeTexts(measure.townLabels, measure.townEdges, moreIsBetter).map((text, i) => [fills[i], text]),
      placeTitle: `居民点${measure.name}`, placeEnglish: 'Places',
      classes: Int8Array.from(measure.values, (number, i) => {
        if (answer.reason[i] === kepu.NOT_MEANT) return kepu.OTHER;
        return number < 0 ? kepu.UNCLASSED : classOf(number, measure.edges);
      }),
      dots: kepu.ramp(style.dots, measure.labels.length),
      dotTexts: kepu.edgeTexts(measure.labels, measure.edges, moreIsBetter),
      placeText: (i) => textOf(measure.values[i]),
    };
  }

  kepu.medianText = function (ticks, { found }) {
    if (ticks === null) return '—';
    if (ticks !== kepu.UNREACHED) return kepu.minutes(ticks) + ' 分';
    return found.told ? `> ${kepu.minutes(found.told)} 分` : '过半未达';
  };

  const MEASURES = [['coverage', '覆盖'], ['minutes', '时间'], ['access', '可达性'], ['priority', '优先级']];

  /* The part of the page that has the times to all venues, not the nearest alone, if any has. */
  const counter = () => kepu.parts().map((part) => part.access).find(Boolean);

  /* The measures of this page: those counted here follow any choice, others only what was analysed. */
  kepu.measureNames = function (data) {
    const further = new Map(data.measures.map((one) => [one.key, one.name]));
    const known = MEASURES.filter(([key]) => key !== 'access' || further.has(key) || counter())
      .map(([key, name]) => [key, further.get(key) || name]);
    known.forEach(([key]) => further.delete(key));
    return known.concat(Array.from(further));
  };

  const analysed = (data, key, standard) => data.measures.find((one) => one.key === key && one.standard === standard.key);

  /* Whether a measure is that of a standard as it stands; only access follows a scenario. */
  const isAnalysed = ({ answer, plain }, key) => plain.standard !== null && (key !== 'access' || answer === plain);

  /* Why there is nothing to show of a measure; empty where there is. */
  kepu.whyNot = function (page, key) {
    const { standard, weights } = page.plain;
    if (key === 'coverage' || key === 'minutes') return '';
    if (isAnalysed(page, key) && analysed(page.data, key, standard)) return '';
    if (!weights) return '公开版不含该人群的分地点人数';
    const { covered, people } = (key === 'access' ? page.answer : page.plain).district;
    if (key === 'priority') return standard || covered === people ? '没有可排序的未覆盖人口' : '';
    if (key !== 'access') return '只对评价标准计算';
    if (isAnalysed(page, key) || covered === 0) return '时限内没有人到达所选设施';
    return counter() ? counter().why(page) : '本页不载到各处设施的时间，只有评价标准的可达性';
  };

  /* The further measure that is chosen: as analysed for a standard, of all else as counted here. */
  function furtherOf(page) {
    const { data, plain } = page;
    const key = plain.choice.measure;
    if (kepu.whyNot(page, key)) return null;
    if (isAnalysed(page, key)) return analysed(data, key, plain.standard);
    if (key === 'priority') return kepu.priority(data, plain);
    return key === 'access' ? counter().measure(page) : null;
  }

  kepu.viewOf = function (page) {
    const measure = furtherOf(page);
    if (measure) return further(page, measure);
    return page.answer.choice.measure === 'minutes' ? minutes(page) : coverage(page);
  };

  /* Places that fall short, most people first. */
  kepu.shortfalls = function (answer) {
    const { found, limit, weights, reason } = answer;
    if (!weights) return [];
    return Array.from(found.ticks, (_, i) => i)
      .filter((i) => weights[i] > 0 && found.ticks[i] > limit && reason[i] !== kepu.NOT_MEANT)
      .sort((a, b) => weights[b] - weights[a] || a - b);
  };
}(window.kepu = window.kepu || {}));
