/* Pointing and choosing: tips, cards, the way to the nearest venue, catchment and isochrones. */
(function (kepu) {
  'use strict';

  const POPUP = { maxWidth: 340, minWidth: 250, autoPan: false, closeOnClick: false };
  const NEAR_ZOOM = 13.5;
  const RING_ZOOM = 15;
  const CARD_PX = 380;
  const EDGE_PX = 16;
  const GAP_PX = 6;

  /* 'p:ID' -> ['p', number], or null for what is not there. */
  kepu.target = function (data, pick) {
    const ids = { p: data.places.id, v: data.venues.id, t: data.towns.code }[pick[0]];
    const at = ids && pick.length > 2 ? ids.indexOf(pick.slice(2)) : -1;
    return at < 0 ? null : [pick[0], at];
  };

  function spot(page, [kind, at]) {
    const frame = { p: page.data.places, v: page.data.venues, t: page.data.towns }[kind];
    return [frame.lat[at], frame.lng[at]];
  }

  /* Where the tip of a card points: the top of the isochrones, so that they can be seen. */
  function above(page, target) {
    const [lat, lng] = spot(page, target);
    const rings = target[0] === 'v' && page.catchment !== null ? kepu.ringsOf(page, target[1]) : [];
    if (!rings.length) return [lat, lng];
    return [kepu.flatten(kepu.decode(rings[0].rings)).reduce((top, point) => Math.max(top, point[0]), lat), lng];
  }

  /* The way of a place to its nearest venue: along roads where known, else as the crow flies. */
  kepu.wayOf = function (page, i) {
    const { answer, data } = page;
    const nearest = kepu.nearestTo(page, i);
    if (!nearest || !data.places.shown[i]) return null;
    const ends = [[data.places.lat[i], data.places.lng[i]], nearest.at];
    const branches = answer.standard && answer === page.plain
      ? data.branches[answer.standard.key] : undefined;
    if (!branches || branches.start[i] < 0) return { points: ends, isRoad: false };
    if (!branches.parts) branches.parts = kepu.decode(branches.lines);
    const points = [];
    for (let b = branches.start[i]; b >= 0; b = branches.parent[b]) points.push(...branches.parts[b]);
    return { points, isRoad: true };
  };

  function drawWay(view, style, way) {
    const { ctx } = view;
    ctx.beginPath();
    way.points.forEach(([lat, lng]) => ctx.lineTo(view.x(kepu.worldX(lng)), view.y(kepu.worldY(lat))));
    ctx.lineJoin = 'round';
    ctx.lineCap = 'round';
    ctx.setLineDash([]);
    ctx.lineWidth = 6;
    ctx.strokeStyle = '#fff';
    ctx.stroke();
    ctx.setLineDash(way.isRoad ? [] : [3, 7]);
    ctx.lineWidth = 3;
    ctx.strokeStyle = style.route;
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /* Isochrones of a venue in the mode that is chosen, the widest first. */
  kepu.ringsOf = function (page, v) {
    return page.data.isochrones
      .filter((one) => one.venue === v && one.mode === page.answer.choice.mode);
  };

  kepu.RING_ALPHA = 0.45;

  /* The shade of the k-th of some isochrones, the widest first. */
  kepu.ringShade = (style, count, k) => style.rings[Math.min(count - 1 - k, style.rings.length - 1)];

  function drawRings(view, page, rings) {
    const { ctx, scale } = view;
    view.inPaths();
    rings.forEach((one, k) => {
      if (!one.path) one.path = kepu.pathOf(kepu.decode(one.rings), true);
      ctx.globalAlpha = kepu.RING_ALPHA;
      ctx.fillStyle = kepu.ringShade(page.style, rings.length, k);
      ctx.fill(one.path, 'evenodd');
      ctx.globalAlpha = 1;
      ctx.lineWidth = 1 / scale;
      ctx.strokeStyle = '#175a96';
      ctx.stroke(one.path);
    });
  }

  kepu.ringSheet = function (page) {
    return new kepu.Sheet('rings', (view) => {
      if (page.catchment !== null) drawRings(view, page, kepu.ringsOf(page, page.catchment));
      view.inPixels();
      const way = page.hovered === null ? null : kepu.wayOf(page, page.hovered);
      if (way) drawWay(view, page.style, way);
    }, () => (page.catchment === null && page.hovered === null ? '' : undefined));
  };

  const TIPS = { p: 'placeTip', v: 'venueTip', t: 'townTip' };
  const CARDS = { p: 'placeCard', v: 'venueCard', t: 'townCard' };

  function tips(page, find, repaint) {
    const { map } = page;
    const tip = L.tooltip({ className: 'kepu-tip', opacity: 1, direction: 'auto', offset: [12, 0] });
    let last = '';
    function leave() {
      last = '';
      map.closeTooltip(tip);
      map.getContainer().classList.remove('pointing');
      if (page.hovered !== null) {
        page.hovered = null;
        repaint();
      }
    }
    function move(event) {
      if (page.isBusy()) return leave();
      const picks = find(event.containerPoint);
      if (!picks.length) return leave();
      tip.setLatLng(event.latlng);
      if (picks.join() === last) return undefined;
      last = picks.join();
      const targets = picks.map((pick) => kepu.target(page.data, pick));
      map.getContainer().classList.toggle('pointing', targets[0][0] !== 't');
      tip.setContent(kepu.el('div', 'tips', targets.map(([kind, at]) => kepu[TIPS[kind]](page, at))));
      map.openTooltip(tip);
      const place = targets.find(([kind]) => kind === 'p');
      const hovered = place ? place[1] : null;
      if (hovered !== page.hovered) {
        page.hovered = hovered;
        repaint();
      }
      return undefined;
    }
    map.on('mousemove', move);
    map.on('mouseout movestart zoomstart', leave);
  }

  /* How far a box must move to lie within the frame, and then clear of what stands upon the map. */
  kepu.clearance = function (box, size, obstacles) {
    const into = (low, high, most) => (low < EDGE_PX ? EDGE_PX - low
      : high > most - EDGE_PX ? Math.max(most - EDGE_PX - high, EDGE_PX - low) : 0);
    const move = [into(box.left, box.right, size.x), into(box.top, box.bottom, size.y)];
    const hits = ([dx, dy]) => obstacles.find((one) => box.left + dx < one.right && one.left < box.right + dx
      && box.top + dy < one.bottom && one.top < box.bottom + dy);
    const isInside = ([dx, dy]) => box.left + dx >= 0 && box.top + dy >= 0
      && box.right + dx <= size.x && box.bottom + dy <= size.y;
    const first = hits(move);
    if (!first) return move;
    const ways = [
      [first.right + GAP_PX - box.left, move[1]], [first.left - GAP_PX - box.right, move[1]],
      [move[0], first.top - GAP_PX - box.bottom], [move[0], first.bottom + GAP_PX - box.top],
    ].filter((way) => isInside(way) && !hits(way));
    const length = ([dx, dy]) => Math.hypot(dx - move[0], dy - move[1]);
    return ways.sort((a, b) => length(a) - length(b))[0] || move;
  };

  function cards(page) {
    const { map, store } = page;
    const popup = L.popup(POPUP);
    let isOurs = false;
    function show(pick) {
      const target = kepu.target(page.data, pick);
      isOurs = true;
      map.closePopup(popup);
      isOurs = false;
      if (!target) return;
      popup.setLatLng(above(page, target)).setContent(() => kepu[CARDS[target[0]]](page, target[1]));
      popup.openOn(map);
      settle();
    }
    function settle() {
      const [dx, dy] = kepu.clearance(page.boxOf(popup.getElement()), map.getSize(), page.covered());
      if (dx || dy) map.panBy([-dx, -dy]);
    }
    map.on('popupopen', ({ popup: opened }) => {
      const close = opened.getElement().querySelector('.leaflet-popup-close-button');
      close.setAttribute('aria-label', '关闭');
      close.removeAttribute('href');
      close.tabIndex = 0;
      close.addEventListener('keydown', (event) => { if (event.key === 'Enter') close.click(); });
    });
    map.on('popupclose', ({ popup: closed }) => {
      if (closed === popup && !isOurs) store.set({ pick: '' });
    });
    function update() {
      if (!popup.isOpen()) return;
      popup.update();
      settle();
    }
    return { show, update };
  }

  kepu.picking = function (page, find, repaint) {
    const { map, store, data } = page;
    tips(page, find, repaint);
    const card = cards(page);
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') store.set({ pick: '' });
    });
    map.on('click', (event) => {
      if (page.isBusy() || kepu.parts().some((part) => part.click && part.click(event.latlng, page))) return;
      // a second click takes what lies beneath
      const picks = find(event.containerPoint);
      store.set({ pick: picks[(picks.indexOf(store.get().pick) + 1) % picks.length] || '' });
    });
    page.focus = function (pick) {
      const target = kepu.target(data, pick);
      if (!target) return;
      const drawn = target[0] === 'v' ? kepu.ringsOf(page, target[1]) : [];
      if (target[0] === 't' || drawn.length) {
        const rings = kepu.decode(drawn.length ? drawn[0].rings : data.towns.rings[target[1]]);
        // the card stands above what it tells of
        const head = drawn.length ? Math.min(CARD_PX, map.getSize().y / 2) : EDGE_PX;
        page.show(L.latLngBounds(kepu.flatten(rings)), {
          top: head, animate: false, maxZoom: drawn.length ? RING_ZOOM : NEAR_ZOOM,
        });
      } else {
        map.setView(spot(page, target), Math.max(map.getZoom(), NEAR_ZOOM), { animate: false });
      }
      if (store.get().pick === pick) card.show(pick);
      store.set({ pick });
    };
    return card;
  };
}(window.kepu = window.kepu || {}));
