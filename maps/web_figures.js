/* The headline: the district, and urban and rural side by side. */
(function (kepu) {
  'use strict';

  kepu.bar = function (share, goal) {
    const body = kepu.el('i', share !== null && share >= goal ? 'full' : 'short');
    body.style.width = 100 * (share || 0) + '%';
    const tick = kepu.el('b', '');
    tick.style.left = 100 * goal + '%';
    const track = kepu.el('span', 'bar', [body, tick]);
    track.setAttribute('aria-hidden', 'true');
    return track;
  };

  function side(page, name, english, counts, isIn, k) {
    const { answer, view } = page;
    const { goal } = answer.choice;
    const median = answer.weights
      ? kepu.medianText(kepu.quantile(answer.found.ticks, answer.weights, 0.5, isIn), answer) : '—';
    const share = kepu.percent(counts.share);
    const text = view.measure ? view.measure.summary[k] : view.medians ? median : share;
    const other = view.measure || view.medians;
    return kepu.el('div', 'side', [
      kepu.el('h3', '', [name, kepu.english(english)]),
      kepu.el('strong', 'value', text),
      other ? '' : kepu.bar(counts.share, goal),
      kepu.rows([
        ['人口', kepu.count(counts.people)],
        ['未覆盖', kepu.count(counts.people - counts.covered)],
        ...(other ? [['覆盖率', share]] : []),
        ...(view.medians ? [] : [['中位时间', median]]),
      ]),
    ]);
  }

  function change(page) {
    if (page.answer === page.plain) return '';
    const { covered, share } = page.answer.district;
    const before = page.plain.district;
    const more = covered - before.covered;
    return kepu.el('p', 'change', `覆盖与现状相比：${more >= 0 ? '+' : '−'}${kepu.count(Math.abs(more))} 人，`
      + `${kepu.pointsText(share, before.share)} 个百分点`);
  }

  function big(page) {
    const { answer, view } = page;
    const { goal } = answer.choice;
    const { share } = answer.district;
    if (view.measure) {
      return [kepu.el('strong', 'big', [view.measure.summary[0], kepu.el('small', '', view.measure.unit)]),
        kepu.el('div', '', kepu.el('span', 'label', `全区${view.measure.name}`))];
    }
    if (view.medians) {
      const all = answer.weights
        ? kepu.quantile(answer.found.ticks, answer.weights, 0.5, () => true) : null;
      const most = answer.weights
        ? kepu.quantile(answer.found.ticks, answer.weights, 0.9, () => true) : null;
      return [kepu.el('strong', 'big', kepu.medianText(all, answer)), kepu.el('div', '', [
        kepu.el('span', 'label', ['全区中位时间', kepu.english('Median')]),
        kepu.el('span', 'verdict', `九成人口 ${kepu.medianText(most, answer)}`),
      ])];
    }
    const isMet = share !== null && share >= goal;
    return [kepu.el('strong', 'big', kepu.percent(share)), kepu.el('div', '', [
      kepu.el('span', 'label', ['全区覆盖率', kepu.english('District')]),
      kepu.el('span', 'verdict ' + (isMet ? 'good' : 'bad'),
        `${kepu.verdict(share, goal)}（目标 ${kepu.goalText(goal)}）`),
      kepu.el('span', 'label', kepu.bandText(page)),
    ])];
  }

  /* How sure the share is; only of a standard as it stands, with the goal that it was asked with. */
  kepu.bandText = function ({ answer, plain }) {
    const { standard, choice } = answer;
    if (!standard || !standard.band || answer !== plain) return '';
    const { low, high, isUnsure } = standard.band;
    const range = `误差范围 ${Math.floor(100 * low + 1e-9)}–${Math.ceil(100 * high - 1e-9)}%`;
    return isUnsure && choice.goal === standard.goal ? `${range}，含目标，不能断定` : range;
  };

  kepu.headline = function (page) {
    const { answer, data } = page;
    const { district, urban, rural } = answer;
    const isRural = (i) => Boolean(data.places.rural[i]);
    kepu.fill(kepu.byId('headline'), [
      kepu.el('div', 'main', big(page)),
      change(page),
      kepu.el('div', 'sides', [
        side(page, '城镇', 'Urban', urban, (i) => !isRural(i), 1),
        side(page, '乡村', 'Rural', rural, isRural, 2),
      ]),
      kepu.el('p', 'facts-line', (urban.share === null || rural.share === null ? ''
        : `城乡覆盖率差距 ${kepu.pointsText(urban.share, rural.share)} 个百分点 · `)
        + `未覆盖 ${kepu.count(district.people - district.covered)} 人 · 未接入路网 ${kepu.count(district.apart)} 人`),
    ]);
  };
}(window.kepu = window.kepu || {}));
