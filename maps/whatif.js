/* Scenarios in the page: tick, drag or pick sites, close venues; all figures and colours follow. */
(function (kepu) {
  'use strict';

  const PICK_PIXELS = 26;
  const DEGREES = 1e-7;
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
      set(page, kepu.scenarioState(page.data, block(page), await file.text()));
      ui.message.textContent = `已载入 ${file.name}`;
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

  function tools(page) {
    ui.steps = field('number', '最优下几处');
    Object.assign(ui.steps, { min: '1', max: '20', value: '1' });
    ui.limit = field('range', '时限，分钟');
    Object.assign(ui.limit, { min: '5', max: '60', step: '1' });
    ui.limit.addEventListener('change', () => page.store.set({ minutes: Number(ui.limit.value) }));
    ui.limitText = kepu.el('output', 'number');
    ui.pick = kepu.button('button', '在地图上点选', () => {
      const isOn = document.body.classList.toggle('picking-site');
      ui.pick.setAttribute('aria-pressed', String(isOn));
    });
    ui.pick.setAttribute('aria-pressed', 'false');
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
    const file = field('file', '载入情景文件');
    file.accept = '.toml';
    file.className = 'unseen';
    file.addEventListener('change', () => {
      if (file.files.length) load(page, file.files[0]);
      file.value = '';
    });
    ui.message = kepu.el('p', '');
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
    root.append(kepu.el('div', 'whatif', [
      ui.problem, ui.figures, ...tools(page),
      kepu.el('h3', '', ['本次推演', kepu.english('This scenario')]), ui.zone, files(page),
      ...ui.sites.all, ...ui.venues.all,
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
    ui.problem.textContent = kepu.whatif.problem(page.data, block(page), page.answer.choice);
    ui.limit.value = String(page.answer.choice.minutes);
    ui.limitText.textContent = `${kepu.short(page.answer.choice.minutes)} 分钟`;
    ui.undo.disabled = past.length === 0;
    if (page.answer.weights) kepu.whatifFigures(page, ui.figures);
    kepu.whatifEdits(page, ui.zone, (key, code) => set(page, { [key]: without(state(page)[key], code) }));
    window.clearTimeout(ui.later);
    ui.later = window.setTimeout(() => lists(page), 60);
  }

  function click(latlng, page) {
    if (!document.body.classList.contains('picking-site')) return false;
    const { sites } = block(page);
    const at = page.map.latLngToContainerPoint(latlng);
    let best = null;
    let near = PICK_PIXELS;
    kepu.whatif.candidates(page.data, block(page), page.answer.choice).forEach((one) => {
      const p = page.map.latLngToContainerPoint([sites.lat[one.site] * DEGREES, sites.lon[one.site] * DEGREES]);
      const away = p.distanceTo(at);
      if (away < near) {
        best = one;
        near = away;
      }
    });
    if (best) toggleSite(page, best);
    else page.say('附近没有候选点');
    return true;
  }

  function marks(page) {
    const { sites } = block(page);
    const { plain, answer } = page;
    const { choice } = answer;
    const { opened } = kepu.whatif.edited(page.data, block(page), choice, state(page));
    const all = opened.filter((one) => one.venue < 0).map((one) => ({
      lat: sites.lat[one.site] * DEGREES,
      lng: sites.lon[one.site] * DEGREES,
      look: { shape: Math.max(choice.types.indexOf(one.type), 0), status: 'open', colour: page.style.flag, size: 7 },
    }));
    if (answer === plain || !answer.weights) return all;
    const { places } = kepu.whatif.moved(page.data, plain, answer);
    places.forEach((change, i) => {
      if (!change || !page.data.places.shown[i]) return;
      all.push({
        lat: page.data.places.lat[i],
        lng: page.data.places.lng[i],
        look: { shape: change > 0 ? 4 : 2, status: 'open', colour: change > 0 ? '#175a96' : '#cf5f1d', size: 4.5 },
      });
    });
    return all;
  }

  function venueStatus(v, page) {
    const { open, close } = state(page);
    if (!open.length && !close.length) return undefined;
    const id = page.data.venues.id[v];
    return close.includes(id) ? 'closed' : open.includes(id) ? 'open' : undefined;
  }

  kepu.whatif.actions = { toggleSite, toggleVenue, undo, bestNext, exported, load };

  kepu.part({
    name: 'whatif',
    state: { open: [], close: [] },
    tab: { title: '推演', english: 'What-if', build },
    adjust: (found, choice, page) => kepu.whatif.nearest(page.data, block(page), choice, found, state(page)),
    start(page) {
      refresh(page);
      page.store.on((now, changed) => { if (changed.has('tab')) refresh(page); });
    },
    update: refresh,
    venueStatus,
    marks,
    click,
  });
}(window.kepu = window.kepu || {}));
