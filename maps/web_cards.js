/* What tooltips and popups say. */
(function (kepu) {
  'use strict';

  const KINDS = { urban: '城镇', rural: '乡村' };

  function rows(pairs) {
    const shown = pairs.filter((pair) => pair[1] !== '');
    return kepu.el('dl', 'rows', kepu.flatten(shown.map(([label, value]) => [
      kepu.el('dt', '', label), kepu.el('dd', '', value),
    ])));
  }

  kepu.rowHead = function (content) {
    const cell = kepu.el('th', '', content);
    cell.scope = 'row';
    return cell;
  };

  function head(name, note) {
    return kepu.el('h3', '', [name, kepu.el('small', '', note)]);
  }

  function minutes(view, i) {
    const { reach } = view;
    if (reach.minutes[i] === null) return kepu.REASONS[reach.reason[i]] || '未到达';
    return kepu.minutesText(reach.minutes[i]);
  }

  function walking(view, i) {
    const walk = view.reach.walk[i];
    if (walk === null || view.reach.minutes[i] === null) return '';
    return kepu.minutesText(walk);
  }

  function verdict(view, i) {
    if (view.reach.reason[i] === kepu.NOT_MEANT) return '不在本标准的适用地区';
    if (view.reach.covered[i]) return '时限内';
    return view.reach.minutes[i] === null ? '未覆盖' : '超出时限';
  }

  kepu.placeTip = function (view, i) {
    const places = view.data.places;
    return kepu.el('div', 'tip', [
      kepu.el('b', '', places.name[i]),
      kepu.el('span', '', `${minutes(view, i)} · ${kepu.count(places.people[i])} 人`),
    ]);
  };

  kepu.placeCard = function (view, i) {
    const { places, towns, venues } = view.data;
    const venue = view.reach.venue[i];
    const group = view.standard.group;
    const isReached = view.reach.minutes[i] !== null;
    return kepu.el('div', 'card', [
      head(places.name[i], `${towns.name[places.town[i]]} · ${places.rural[i] ? '乡村' : '城镇'}`),
      kepu.el('p', 'verdict ' + (view.reach.covered[i] ? 'good' : 'bad'), [
        kepu.el('b', '', minutes(view, i)),
        verdict(view, i),
      ]),
      rows([
        ['评价标准', view.standard.name],
        ['时限', `${kepu.MODES[view.standard.mode]} ≤ ${view.standard.minutes} 分钟`],
        [view.standard.mode === 'walk' ? '其中路网外步行' : '其中路网外步行与停车', walking(view, i)],
        ['最近设施', venue < 0 ? '—' : venues.name[venue]],
        ['常住人口', kepu.count(places.people[i]) + ' 人'],
        [kepu.GROUPS[group] || group,
          group === 'people' ? '' : kepu.count(view.weights[i]) + ' 人'],
        ['编号', places.id[i]],
      ]),
      ...view.flags.filter((flag) => flag.kind === 'place' && flag.at === i)
        .map((flag) => kepu.el('p', 'flagged', flag.sentence)),
    ]);
  };

  kepu.townTip = function (view, t) {
    const [people, , , share] = view.coverage.towns[t];
    return kepu.el('div', 'tip', [
      kepu.el('b', '', view.data.towns.name[t]),
      kepu.el('span', '', `覆盖率 ${kepu.percent(share)} · ${kepu.count(people)} 人`),
    ]);
  };

  function townShares(view, t) {
    const { standards, coverage } = view.data;
    return kepu.el('table', 'shares', standards.name.map((name, k) => {
      const share = coverage[k].towns[t][3];
      const goal = standards.goal[k];
      return kepu.el('tr', k === view.k ? 'now' : '', [
        kepu.rowHead(name),
        kepu.el('td', 'number', kepu.percent(share)),
        kepu.el('td', '', kepu.verdict(share, goal)),
      ]);
    }));
  }

  kepu.townCard = function (view, t) {
    const { towns } = view.data;
    const [people, covered, apart] = view.coverage.towns[t];
    return kepu.el('div', 'card', [
      head(towns.name[t], `${KINDS[towns.kind[t]] || towns.kind[t]} · ${towns.code[t]}`),
      rows([
        [view.groupName, kepu.count(people) + ' 人'],
        ['已覆盖', kepu.count(covered) + ' 人'],
        ['未覆盖', kepu.count(people - covered) + ' 人'],
        ['其中未接入路网', kepu.count(apart) + ' 人'],
      ]),
      townShares(view, t),
      ...view.flags.filter((flag) => flag.kind === 'town' && flag.at === t)
        .map((flag) => kepu.el('p', 'flagged', flag.sentence)),
    ]);
  };

  kepu.venueTip = function (view, v) {
    const { venues } = view.data;
    return kepu.el('div', 'tip', [
      kepu.el('b', '', venues.name[v]),
      kepu.el('span', '', `${venues.types.name[venues.type[v]]} · ${status(venues, v)}`),
    ]);
  };

  function status(venues, v) {
    return kepu.STATUSES[venues.status[v]] || venues.status[v];
  }

  kepu.venueCard = function (view, v) {
    const { venues } = view.data;
    return kepu.el('div', 'card', [
      head(venues.name[v], venues.outside[v] ? '区外设施' : '区内设施'),
      rows([
        ['类型', venues.types.name[venues.type[v]]],
        ['状态', status(venues, v)],
        ['以此为最近设施', view.isUsed[v] ? kepu.count(view.catchment[v]) + ' 人' : '非本标准所用'],
        ['其中时限内', view.isUsed[v] ? kepu.count(view.within[v]) + ' 人' : ''],
        ['编号', venues.id[v]],
      ]),
    ]);
  };

  kepu.verdict = function (share, goal) {
    if (share === null) return '无人口';
    return share >= goal ? '✓ 达标' : '✗ 未达标';
  };
}(window.kepu = window.kepu || {}));
