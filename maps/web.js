/* The start: reads the blocks, makes the one state, and redraws what follows from each change. */
(function (kepu) {
  'use strict';

  const CHOICE = ['standard', 'types', 'mode', 'group', 'minutes', 'goal', 'area'];
  const WRITE_MS = 150;
  const { byId } = kepu;

  async function read() {
    const blocks = {};
    const all = Array.from(document.querySelectorAll('script[type="text/plain"]'));
    await Promise.all(all.map(async (block) => {
      blocks[block.id.replace('kepu-', '')] = await kepu.unpack(block.textContent);
      block.remove();
    }));
    return blocks;
  }

  function completed(data) {
    kepu.unfold(data);
    [data.towns, data.places, data.venues].forEach((frame) => {
      frame.lat = kepu.degrees(frame.lat);
      frame.lng = kepu.degrees(frame.lng);
      frame.n = frame.lat.length;
    });
    return data;
  }

  /* What the state is when a link says no more than its standard. */
  function defaultsOf(data, key) {
    const standard = data.standards.find((one) => one.key === key) || data.standards[0];
    const own = kepu.parts().map((part) => part.state || {});
    return Object.assign({}, kepu.choiceOf(standard), {
      measure: 'coverage', pick: '', tab: 'towns', off: ['tiles'], at: '',
    }, ...own);
  }

  function validator(data, page) {
    const lists = {
      mode: () => data.reach.map((one) => one.mode),
      group: () => Object.keys(data.places.groups).concat(data.standards.map((one) => one.group)),
      area: () => Object.keys(kepu.AREAS),
      measure: () => kepu.measureNames(data).map(([key]) => key),
      tab: () => page.tabNames,
      standard: () => data.standards.map((one) => one.key),
    };
    return function (key, value) {
      if (lists[key]) return lists[key]().includes(value);
      if (key === 'types') return value.length > 0 && value.every((type) => data.types.key.includes(type));
      if (key === 'minutes') return value > 0 && value <= data.longestMinutes;
      if (key === 'goal') return value > 0 && value <= 1;
      if (key === 'pick') return value === '' || kepu.target(data, value) !== null;
      if (key === 'at') return /^-?[\d.]+,-?[\d.]+,[\d.]+$/.test(value);
      return true;
    };
  }

  function linked(page, validate) {
    const { map, store } = page;
    const first = page.data.standards[0].key;
    let written = '';
    let timer = 0;
    function hash() {
      const now = store.get();
      const base = Object.assign(defaultsOf(page.data, now.standard), { standard: first });
      return kepu.toHash(now, base);
    }
    page.address = () => `${window.location.href.split('#')[0]}#${hash()}`;
    // browsers refuse hundreds of these in a row, as a slider would ask for
    function write() {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        written = hash();
        window.history.replaceState(null, '', '#' + written);
      }, WRITE_MS);
    }
    function state() {
      const hash = window.location.hash;
      const asked = kepu.fromHash(hash, { standard: first }, validate).standard;
      return kepu.fromHash(hash, defaultsOf(page.data, asked), validate);
    }
    function go({ at }) {
      const [lat, lng, zoom] = at.split(',').map(Number);
      if (at) map.setView([lat, lng], zoom, { animate: false });
      else page.fit(false);
    }
    map.on('moveend', () => {
      if (document.body.classList.contains('paper')) return;
      const { lat, lng } = map.getCenter();
      store.set({ at: `${lat.toFixed(5)},${lng.toFixed(5)},${kepu.short(map.getZoom())}` });
    });
    window.addEventListener('hashchange', () => {
      if (window.location.hash.slice(1) === written) return;
      const next = state();
      store.set(next);
      go(next);
    });
    return { write, state, go };
  }

  function pageOf(map, blocks) {
    const data = completed(blocks.data);
    const page = {
      data, blocks, map, style: blocks.style, hovered: null, catchment: null,
      say: kepu.say, download: kepu.download,
    };
    page.isOff = (key) => page.store.get().off.includes(key);
    page.statusOf = (v) => kepu.parts().reduce((found, part) => found
      || (part.venueStatus && part.venueStatus(v, page)), undefined) || data.venues.status[v];
    page.marks = () => kepu.flatten(kepu.parts().map((part) => (part.marks ? part.marks(page) : [])));
    const district = L.latLngBounds(kepu.flatten(kepu.decode(data.towns.district)));
    /* Where an element stands in the map container, in the pixels of the map. */
    page.boxOf = (element) => {
      const frame = map.getContainer().getBoundingClientRect();
      const enlarged = frame.width / map.getContainer().offsetWidth || 1;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const [x, y] = [(at) => (at - frame.left) / enlarged, (at) => (at - frame.top) / enlarged];
      return { left: x(left), right: x(right), top: y(top), bottom: y(bottom) };
    };
    /* A part of the map as a whole, beside the legend where there is room for both. */
    page.show = (bounds, { top, maxZoom, animate }) => {
      const legend = page.boxOf(byId('legend-box'));
      const isBeside = legend.right > legend.left && legend.left >= 0 && legend.right < map.getSize().x / 2;
      const left = isBeside ? legend.right + 6 : 14;
      const height = top + 44;
      const wide = map.getBoundsZoom(bounds, false, L.point(28, height));
      const beside = map.getBoundsZoom(bounds, false, L.point(left + 14, height));
      map.fitBounds(bounds, {
        paddingTopLeft: [wide - beside > 0.5 ? 14 : left, top], paddingBottomRight: [14, 44], maxZoom, animate,
      });
    };
    page.fit = (animate) => page.show(district, { top: 14, animate });
    const people = data.places.groups.people;
    page.most = people.reduce((a, b) => Math.max(a, b), 1);
    const corners = map.options.crs;
    const zoom = 11;
    const box = [district.getNorthWest(), district.getSouthEast()].map((at) => corners.latLngToPoint(at, zoom));
    page.sizeOf = kepu.sizes(people, page.most, (box[1].x - box[0].x) * (box[1].y - box[0].y));
    page.radius = (i, at) => page.sizeOf(people[i], at);
    /* Where names would lie under what stands upon the map. */
    page.covered = () => Array.from(document.querySelectorAll('.over, .leaflet-control'))
      .filter((one) => one.offsetParent).map(page.boxOf);
    return page;
  }

  function recount(page) {
    const state = page.store.get();
    const choice = Object.assign({ measure: state.measure }, ...CHOICE.map((key) => ({ [key]: state[key] })));
    const asked = JSON.stringify(choice);
    if (asked !== page.asked) page.plain = kepu.plainAnswer(page.data, choice);
    page.asked = asked;
    const found = kepu.parts().filter((part) => part.adjust)
      .reduce((now, part) => part.adjust(now, choice, page), page.plain.found);
    page.answer = kepu.adjustedAnswer(page.data, page.plain, found);
    page.view = kepu.viewOf(page);
    const target = kepu.target(page.data, state.pick);
    const isUsed = target && target[0] === 'v'
      && choice.types.includes(page.data.types.key[page.data.venues.type[target[1]]]);
    page.catchment = isUsed ? target[1] : null;
  }

  function sheets(page, base) {
    const { data } = page;
    const places = kepu.located(data.places, (i) => data.places.groups.people[i]);
    const venues = kepu.located(data.venues, () => 0);
    const all = {
      shade: kepu.shadeSheet(page, (t) => page.view.townFill(t)),
      ground: kepu.groundSheet(page, base),
      rings: kepu.ringSheet(page),
      marks: kepu.markSheet(page, places, venues),
    };
    const labels = kepu.labels(page, places, venues);
    const find = kepu.finder(page, places, venues);
    return { all, labels, find };
  }

  /* All that is built once: controls and what redraws them. */
  function fitted(page) {
    const { map } = page;
    kepu.constants(page);
    kepu.notice(page);
    kepu.chooser(page);
    const shows = [kepu.layerMenu(page), kepu.tiles(page), kepu.directory(page)];
    kepu.search(page);
    kepu.coordinates(page);
    kepu.link(page);
    L.control.zoom({ position: 'topright', zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map);
    kepu.scaleBar().addTo(map);
    byId('fit').addEventListener('click', () => page.fit(true));
    kepu.printing(page);
    return shows;
  }

  /* Redraw what follows from a change of the state. */
  function redrawing(page, shows, card, link) {
    function show(changed) {
      [kepu.showChoice, kepu.scenarioNote, kepu.headline, kepu.townTable, kepu.flagList, kepu.charts].forEach((one) => one(page));
      shows.forEach((one) => one());
      page.repaint();
      kepu.parts().forEach((part) => { if (part.update) part.update(page, changed); });
    }
    page.store.on((state, changed) => {
      const only = (...keys) => Array.from(changed).every((key) => keys.includes(key));
      if (only('at', 'tab')) {
        if (changed.has('tab')) {
          shows.forEach((one) => one());
          kepu.flagList(page);
          kepu.charts(page);
        }
      } else {
        recount(page);
        show(changed);
      }
      if (changed.has('pick')) card.show(state.pick);
      else if (!only('at')) card.update();
      link.write();
    });
    return show;
  }

  kepu.start = async function (map) {
    const page = pageOf(map, await read());
    page.store = kepu.store(defaultsOf(page.data, ''));
    kepu.panes(map);
    const { lat, lng } = L.latLngBounds(kepu.flatten(kepu.decode(page.data.towns.district))).getCenter();
    kepu.setOrigin(lat, lng);
    const showTab = kepu.tabs(page);
    const link = linked(page, validator(page.data, page));
    const first = link.state();
    page.store.set(first);
    recount(page);
    const { all, labels, find } = sheets(page, page.blocks.base);
    const card = kepu.picking(page, find, () => all.rings.paint());
    page.isBusy = kepu.ruler(page);
    page.repaint = () => {
      Object.keys(all).forEach((name) => all[name].refresh());
      kepu.legend(page);
      labels();
    };
    const show = redrawing(page, [showTab, ...fitted(page)], card, link);
    kepu.showChoice(page);
    kepu.legend(page);
    link.go(first);
    Object.keys(all).forEach((name) => all[name].addTo(map));
    map.on('moveend resize', () => labels());
    map.on('zoomend', () => kepu.legend(page));
    byId('wait').remove();
    show(new Set());
    kepu.parts().forEach((part) => { if (part.start) part.start(page); });
    if (first.pick) card.show(first.pick);
    document.body.classList.add('ready');
    kepu.page = page;
  };
}(window.kepu = window.kepu || {}));
