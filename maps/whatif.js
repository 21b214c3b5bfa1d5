/* Scenarios in the page: tick, drag or pick sites, close venues; all figures and colours follow. */
(function (kepu) {
  'use strict';

  const PICK_PIXELS = 26;
  const PREPARE_MS = 500;
  const DEGREES = 1e-7;
  const GAINED = { shape: 4, status: 'open', colour: '#175a96', size: 4.5 };
  const LOST = { shape: 2, status: 'open', colour: '#cf5f1d', size: 4.5 };
  const past = [];
  const ui = {};

  const state = (page) => page.store.get();
  const block = (page) => page.blocks.whatif;

  function set(page, patch, isUndo) {
    const { open, close } = state(page);
    if (!isUndo) past.push({ open, close });
    page.store.set(patch);
  }

  function without(codes, code) {
    return codes.filter((one) => one !== code);
  }

  /* Open what is not open, or take it back. */
  function toggleSite(page, one) {
    const { open } = state(page);
    const isIn = open.includes(one.code);
    set(page, { open: isIn ? without(open, one.code) : open.concat(one.code) });
    page.say(`${isIn ? '撤销' : '启用'} ${kepu.siteName(page, one)}`);
  }

  function toggleVenue(page, one) {
    const { close } = state(page);
    const isIn = close.includes(one.code);
    set(page, { close: isIn ? without(close, one.code) : close.concat(one.code) });
    page.say(`${isIn ? '恢复' : '关闭'} ${kepu.siteName(page, one)}`);
  }

  function undo(page) {
    const before = past.pop();
    if (before) set(page, before, true);
  }

  function bestNext(page, steps) {
    const why = kepu.whatif.problem(page.data, block(page), page.answer.choice);
    if (why) {
      page.say(why);
      return [];
    }
    const found = kepu.whatif.greedy(page.data, block(page), page.answer, state(page), steps);
    if (found.length) set(page, { open: state(page).open.concat(found.map((one) => one.code)) });
    page.say(found.length ? `已启用 ${found.length} 处，新覆盖 ${kepu.count(found.reduce((n, one) => n + one.people, 0))} 人`
      : '没有能增加覆盖的候选点');
    return found;
  }

  function exported(page) {
    return kepu.scenarioText(page.data, block(page), state(page), ui.name.value || '推演');
  }

  async function load(page, file) {
    try {
      const text = await file.text();
      set(page, kepu.scenarioState(page.data, block(page), text));
      const unused = kepu.scenarioUnused(text);
      ui.message.textContent = `已载入 ${file.name}${unused.length ? `；网页不用、也不再导出：${unused.join('、')}` : ''}`;
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
      ui.message.textContent = `不能载入 ${file.name}：${error.message}`;
    }
  }

  function field(type, label) {
    const input = kepu.el('input', '');
    input.type = type;
    input.setAttribute('aria-label', label);
    return input;
  }

  const isPicking = () => document.body.classList.contains('picking-site');

  function pick(page, isOn) {
    document.body.classList.toggle('picking-site', isOn);
    ui.pick.setAttribute('aria-pressed', String(isOn));
    page.say(isOn ? '点击地图上的候选点启用或撤销，Esc 结束' : '点选结束');
    page.repaint();
  }

  function tools(page) {
    ui.steps = field('number', '最优下几处');
    Object.assign(ui.steps, { min: '1', max: '20', value: '1' });
    ui.limit = field('range', '时限，分钟');
    Object.assign(ui.limit, { min: '5', max: String(Math.min(60, page.data.longestMinutes)), step: '1' });
    ui.limit.addEventListener('change', () => page.store.set({ minutes: Number(ui.limit.value) }));
    ui.limitText = kepu.el('output', 'number');
    ui.pick = kepu.button('button', '在地图上点选', () => pick(page, !isPicking()));
    ui.pick.setAttribute('aria-pressed', 'false');
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && isPicking()) pick(page, false); });
    ui.undo = kepu.button('button', '撤销一步', () => undo(page));
    return [
      kepu.el('div', 'bar-row', ['时限', ui.limit, ui.limitText]),
      kepu.el('div', 'bar-row', [
        kepu.button('button main', '最优下一批', () => bestNext(page, Math.max(1, Math.min(20, Number(ui.steps.value) || 1)))),
        ui.steps, '处', ui.pick, ui.undo,
        kepu.button('button', '全部还原', () => set(page, { open: [], close: [] })),
      ]),
    ];
  }

  function files(page) {
    ui.name = field('text', '情景名称');
    ui.name.value = '推演';
    ui.name.maxLength = 80;
    const file = field('file', '载入情景文件');
    file.accept = '.toml';
    file.className = 'unseen';
    file.addEventListener('change', () => {
      if (file.files.length) load(page, file.files[0]);
      file.value = '';
    });
    ui.message = kepu.el('p', '');
    ui.message.setAttribute('role', 'status');
    return kepu.el('div', 'bar-row', [
      ui.name,
      kepu.button('button', '导出情景文件', () => page.download(`${ui.name.value || '推演'}.toml`, exported(page), 'text/plain')),
      kepu.button('button', '载入', () => file.click()), file, ui.message,
    ]);
  }

  function dropped(page, zone) {
    const mark = (isOver) => zone.classList.toggle('over-it', isOver);
    zone.addEventListener('dragover', (event) => { event.preventDefault(); mark(true); });
    zone.addEventListener('dragleave', () => mark(false));
    zone.addEventListener('drop', (event) => {
      event.preventDefault();
      mark(false);
      const one = kepu.whatif.meaning(page.data, block(page), event.dataTransfer.getData('text/plain'));
      if (!one) return;
      const isOpen = one.venue >= 0 && page.data.venues.status[one.venue] === 'open';
      (isOpen ? toggleVenue : toggleSite)(page, one);
    });
  }

  function searchList(title, english, refresh) {
    const search = field('search', `查找${title}`);
    search.placeholder = '按名称查找';
    const list = kepu.el('ul', 'list');
    search.addEventListener('input', refresh);
    return { search, list, all: [kepu.el('h3', '', [title, kepu.english(english)]), search, list] };
  }

  function build(root, page) {
    ui.figures = kepu.el('div', '');
    ui.zone = kepu.el('ul', 'drop');
    ui.problem = kepu.el('p', 'problem');
    dropped(page, ui.zone);
    ui.sites = searchList('可启用的点', 'Candidate sites, best first', () => lists(page));
    ui.venues = searchList('在用设施（去勾即关闭）', 'Open venues, least missed first', () => lists(page));
    ui.offer = kepu.el('p', 'basis', '');
    root.append(kepu.el('div', 'whatif', [
      ui.problem, ui.figures, ...tools(page),
      kepu.el('h3', '', ['本次推演', kepu.english('This scenario')]), ui.zone, files(page),
      ...ui.sites.all.slice(0, 1), ui.offer, ...ui.sites.all.slice(1), ...ui.venues.all,
    ]));
  }

  function lists(page) {
    if (ui.problem.textContent || !page.answer.weights) return;
    kepu.whatifCandidates(page, ui.sites.list, ui.sites.search.value.trim(), (one) => toggleSite(page, one));
    kepu.whatifVenues(page, ui.venues.list, ui.venues.search.value.trim(), (one) => toggleVenue(page, one));
  }

  /* The tab, when it is to be seen; it is not worth a millisecond otherwise. */
  function refresh(page) {
    if (!ui.zone || state(page).tab !== 'whatif') return;
    ui.offer.textContent = kepu.whatifOffer(page);
    ui.problem.textContent = kepu.whatif.problem(page.data, block(page), page.answer.choice);
    ui.limit.value = String(page.answer.choice.minutes);
    ui.limitText.textContent = `${kepu.short(page.answer.choice.minutes)} 分钟`;
    ui.undo.disabled = past.length === 0;
    if (page.answer.weights) kepu.whatifFigures(page, ui.figures);
    kepu.whatifEdits(page, ui.zone, (key, code) => set(page, { [key]: without(state(page)[key], code) }));
    window.clearTimeout(ui.later);
    ui.later = window.setTimeout(() => lists(page), 60);
  }

  function placed(page, one) {
    const { spots } = block(page);
    const { venues } = page.data;
    return one.venue >= 0 ? [venues.lat[one.venue], venues.lng[one.venue]]
      : [spots.lat[one.spot] * DEGREES, spots.lon[one.spot] * DEGREES];
  }

  function click(latlng, page) {
    if (!isPicking()) return false;
    const at = page.map.latLngToContainerPoint(latlng);
    let best = null;
    let near = PICK_PIXELS;
    kepu.whatif.candidates(page.data, block(page), page.answer.choice).forEach((one) => {
      const away = page.map.latLngToContainerPoint(placed(page, one)).distanceTo(at);
      if (away < near) {
        best = one;
        near = away;
      }
    });
    if (best) toggleSite(page, best);
    else page.say('附近没有候选点');
    return true;
  }

  function markAt(page, one, look) {
    const [lat, lng] = placed(page, one);
    return { lat, lng, look: Object.assign({ shape: Math.max(page.answer.choice.types.indexOf(one.type), 0), colour: page.style.flag }, look) };
  }

  /* Candidates while they are picked from, new venues, and who gains and who loses. */
  function marks(page) {
    const { plain, answer, data } = page;
    const { choice } = answer;
    const { opened } = kepu.whatif.edited(data, block(page), choice, state(page));
    const all = isPicking() ? kepu.whatif.candidates(data, block(page), choice)
      .map((one) => markAt(page, one, { status: 'candidate', size: 4.2 })) : [];
    opened.filter((one) => one.venue < 0).forEach((one) => all.push(markAt(page, one, { status: 'open', size: 7 })));
    if (answer === plain || !answer.weights) return all;
    kepu.whatif.moved(data, plain, answer).places.forEach((change, i) => {
      if (change && data.places.shown[i]) all.push({ lat: data.places.lat[i], lng: data.places.lng[i], look: change > 0 ? GAINED : LOST });
    });
    return all;
  }

  function legend(page) {
    const all = [];
    const { opened } = kepu.whatif.edited(page.data, block(page), page.answer.choice, state(page));
    if (opened.some((one) => one.venue < 0)) all.push([{ shape: 0, status: 'open', size: 5, colour: page.style.flag }, '新设']);
    if (isPicking()) all.push([{ shape: 0, status: 'candidate', size: 4.2, colour: page.style.flag }, '可点选']);
    if (page.answer !== page.plain) all.push([GAINED, '新覆盖'], [LOST, '失去覆盖']);
    return all.length ? { title: '推演', english: 'What-if', items: all } : null;
  }

  function venueStatus(v, page) {
    const { open, close } = state(page);
    if (!open.length && !close.length) return undefined;
    const id = page.data.venues.id[v];
    return close.includes(id) ? 'closed' : open.includes(id) ? 'open' : undefined;
  }

  /* All times, those of the choice first: counted up while nobody waits for them. */
  function prepare(page) {
    const { mode, group } = page.answer.choice;
    const asked = kepu.whatif.listed(block(page), mode, group);
    const rest = block(page).tables.filter((one) => one !== asked);
    [asked, ...rest].filter(Boolean).forEach((one, k) => {
      window.setTimeout(() => kepu.whatif.tableOf(block(page), one.mode, one.group), PREPARE_MS * (k + 1));
    });
  }

  kepu.whatif.actions = { toggleSite, toggleVenue, undo, bestNext, exported, load };

  kepu.part({
    name: 'whatif',
    state: { open: [], close: [] },
    tab: { title: '推演', english: 'What-if', build },
    adjust: (found, choice, page) => kepu.whatif.nearest(page.data, block(page), choice, found, state(page)),
    start(page) {
      refresh(page);
      page.store.on((_, changed) => { if (changed.has('tab')) refresh(page); });
      prepare(page);
    },
    update: refresh,
    venueStatus,
    marks,
    legend,
    note: kepu.whatifNote,
    access: {
      why: (page) => kepu.whatif.untimed(page.data, block(page), page.plain.choice),
      measure: (page) => kepu.whatif.access(page.data, block(page), page.answer, state(page)),
    },
    click,
    nameOf: (site, page) => {
      const spot = site - block(page).venue.length;
      return { name: `${block(page).spots.name[spot]}（推演新设）`, at: placed(page, { venue: -1, spot }) };
    },
  });
}(window.kepu = window.kepu || {}));
