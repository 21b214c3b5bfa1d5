/* What tips and cards say. */
(function (kepu) {
  'use strict';

  function head(name, note) {
    return kepu.el('h3', '', [name, kepu.el('small', '', note)]);
  }

  kepu.reasonText = function (answer, i) {
    const { own } = answer.standard || {};
    const word = own && answer.found.ticks === own.ticks ? own.words[own.reason[i]] : '';
    if (answer.reason[i] === kepu.NOT_TOLD) return `超过 ${kepu.minutes(answer.found.told)} 分钟（推演只算到此）`;
    return word || kepu.REASONS[answer.reason[i]];
  };

  function minutes(answer, i) {
    const ticks = answer.found.ticks[i];
    if (answer.reason[i] === kepu.NOT_MEANT) return kepu.REASONS[kepu.NOT_MEANT];
    return ticks === kepu.UNREACHED ? kepu.reasonText(answer, i) || '未到达' : kepu.minutesText(ticks);
  }

  function walking({ answer }, i) {
    const venue = answer.found.venue[i];
    if (venue < 0 || !answer.reach || answer.reason[i] === kepu.NOT_MEANT) return '';
    return kepu.walkText(answer.reach.walkMs[i] + answer.reach.venueWalkMs[venue]);
  }

  function verdict(answer, i) {
    if (answer.reason[i] === kepu.NOT_MEANT) return '不在适用地区';
    if (answer.found.ticks[i] <= answer.limit) return '时限内';
    return answer.found.ticks[i] === kepu.UNREACHED ? '未覆盖' : '超出时限';
  }

  function peopleText({ data }, group, i) {
    const people = data.places.groups[group];
    return people ? kepu.count(people[i]) + ' 人' : '';
  }

  kepu.groupName = function (data, key) {
    const at = data.groups.key.indexOf(key);
    return at < 0 ? key : data.groups.name[at];
  };

  /* The nearest venue of a place, also one that a scenario opens: its name and point, or null. */
  kepu.nearestTo = function (page, i) {
    const { data, answer: { found } } = page;
    const venue = found.venue[i];
    if (venue >= 0) return { name: data.venues.name[venue], at: [data.venues.lat[venue], data.venues.lng[venue]] };
    if (!found.fresh || found.fresh[i] < 0) return null;
    return kepu.parts().find((part) => part.nameOf).nameOf(found.fresh[i], page);
  };

  kepu.placeTip = function (page, i) {
    const { data, answer, view } = page;
    const nearest = kepu.nearestTo(page, i);
    const way = kepu.wayOf(page, i);
    return kepu.el('div', 'tip', [
      kepu.el('b', '', data.places.name[i]),
      kepu.el('span', '', `${minutes(answer, i)} · ${peopleText(page, 'people', i)}`),
      nearest ? kepu.el('span', '', `最近：${nearest.name}${way && !way.isRoad ? '（直线示意）' : ''}`) : '',
      view.placeText ? kepu.el('span', '', `${view.title}：${view.placeText(i)}`) : '',
    ]);
  };

  /* The flags of one place, town or venue under the standard that is shown. */
  function flagsOf(page, kind, at) {
    const { flags, standards } = page.data;
    const k = standards.indexOf(page.answer.standard);
    const found = [];
    if (page.answer !== page.plain) return found;
    flags.standard.forEach((standard, f) => {
      if (standard !== k || flags.kinds[flags.kind[f]] !== kind || flags.at[f] !== at) return;
      found.push(kepu.el('p', 'flagged', [
        flags.level[f] ? kepu.el('b', '', `${kepu.LEVELS[flags.level[f]] || flags.level[f]}：`) : '',
        flags.sentence[f],
        flags.remedy[f] ? kepu.el('span', 'remedy', flags.remedy[f]) : '',
      ]));
    });
    return found;
  }

  kepu.placeCard = function (page, i) {
    const { data, answer, view } = page;
    const { places, towns } = data;
    const { choice, found } = answer;
    const nearest = kepu.nearestTo(page, i);
    const isCovered = found.ticks[i] <= answer.limit && answer.reason[i] !== kepu.NOT_MEANT;
    return kepu.el('div', 'card', [
      head(places.name[i], `${towns.name[places.town[i]]} · ${places.rural[i] ? '乡村' : '城镇'}`),
      kepu.el('p', 'verdict ' + (isCovered ? 'good' : 'bad'), [
        kepu.el('b', '', minutes(answer, i)), verdict(answer, i),
      ]),
      kepu.rows([
        ['时限', `${kepu.MODES[choice.mode]} ≤ ${kepu.short(choice.minutes)} 分钟`],
        [choice.mode === 'walk' ? '其中路网外步行' : '其中路网外步行与停车', walking(page, i)],
        ['最近设施', nearest ? nearest.name : '—'],
        [view.title, view.placeText ? view.placeText(i) : ''],
        [kepu.groupName(data, 'people'), peopleText(page, 'people', i)],
        [kepu.groupName(data, choice.group),
          choice.group === 'people' ? '' : peopleText(page, choice.group, i)],
        ['编号', places.id[i]],
      ]),
      ...flagsOf(page, 'place', i),
    ]);
  };

  kepu.townTip = function (page, t) {
    return kepu.el('div', 'tip', [
      kepu.el('b', '', page.data.towns.name[t]),
      kepu.el('span', '', `${page.view.title} ${page.view.townText(t)} · ${kepu.count(page.answer.towns[t].people)} 人`),
    ]);
  };

  /* The share of a town under every standard, as the analysis counted it. */
  function townShares(page, t) {
    return kepu.el('table', 'plain', kepu.el('tbody', '', page.data.standards.map((standard) => {
      const { people, covered } = kepu.proven(standard).towns[t];
      const share = people > 0 ? covered / people : null;
      const isNow = standard === page.answer.standard;
      return kepu.el('tr', isNow ? 'now' : '', [
        kepu.rowHead(standard.name),
        kepu.el('td', 'number', kepu.percent(share)),
        kepu.el('td', '', kepu.verdict(share, standard.goal)),
      ]);
    })));
  }

  kepu.townCard = function (page, t) {
    const { towns } = page.data;
    const { people, covered, apart } = page.answer.towns[t];
    return kepu.el('div', 'card', [
      head(towns.name[t], `${kepu.KINDS[towns.kind[t]] || towns.kind[t]} · ${towns.code[t]}`),
      kepu.rows([
        [kepu.groupName(page.data, page.answer.choice.group), kepu.count(people) + ' 人'],
        ['已覆盖', kepu.count(covered) + ' 人'],
        ['未覆盖', kepu.count(people - covered) + ' 人'],
        ['其中未接入路网', kepu.count(apart) + ' 人'],
        [page.view.title, page.view.townText(t)],
      ]),
      kepu.el('p', 'caption', '各项标准（现状）'),
      townShares(page, t),
      ...flagsOf(page, 'town', t),
    ]);
  };

  kepu.venueTip = function (page, v) {
    const { venues, types } = page.data;
    return kepu.el('div', 'tip', [
      kepu.el('b', '', venues.name[v]),
      kepu.el('span', '', `${types.name[venues.type[v]]} · ${kepu.STATUSES[page.statusOf(v)] || page.statusOf(v)}`),
    ]);
  };

  /* Places and people whose nearest venue it is: [places, people, people within the threshold]. */
  function catchmentOf(answer, v) {
    const sums = [0, 0, 0];
    answer.found.venue.forEach((venue, i) => {
      if (venue !== v || answer.reason[i] === kepu.NOT_MEANT || !answer.weights) return;
      sums[0] += 1;
      sums[1] += answer.weights[i];
      if (answer.found.ticks[i] <= answer.limit) sums[2] += answer.weights[i];
    });
    return sums;
  }

  kepu.venueCard = function (page, v) {
    const { venues, types } = page.data;
    const isUsed = page.answer.choice.types.includes(types.key[venues.type[v]]);
    const isOpen = page.statusOf(v) === 'open';
    const [places, people, within] = catchmentOf(page.answer, v);
    const rings = kepu.ringsOf(page, v).map((one) => kepu.short(one.minutes)).reverse();
    return kepu.el('div', 'card', [
      head(venues.name[v], venues.outside[v] ? '区外设施' : '区内设施'),
      kepu.rows([
        ['类型', types.name[venues.type[v]]],
        ['镇街', kepu.townOf(page.data, v)],
        ['服务对象', venues.groups[v]],
        ['开放', venues.hours[v]],
        ['地址', venues.address[v]],
        ['状态', kepu.STATUSES[page.statusOf(v)] || page.statusOf(v)],
        ['以此为最近设施', !isOpen ? '未启用，不计入' : isUsed ? `${kepu.count(places)} 处 ${kepu.count(people)} 人` : '当前未选此类设施'],
        ['其中时限内', isOpen && isUsed ? kepu.count(within) + ' 人' : ''],
        ['等时圈', rings.length ? `${kepu.MODES[page.answer.choice.mode]} ${rings.join('、')} 分钟（示意范围）` : ''],
        ['编号', venues.id[v]],
      ]),
      ...flagsOf(page, 'venue', v),
    ]);
  };
}(window.kepu = window.kepu || {}));
