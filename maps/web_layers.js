/* Towns, places and venues on the map. All that can be pointed at lies on one canvas. */
(function (kepu) {
  'use strict';

  const LARGEST_PX = 13;
  const SMALLEST_PX = 2.5;
  const POPUP = { maxWidth: 340, minWidth: 230, autoPanPadding: [24, 24] };

  kepu.radius = function (people, most, zoom) {
    const grow = 1 + 0.22 * Math.max(0, Math.min(zoom, 16) - 11);
    return Math.max(SMALLEST_PX, LARGEST_PX * Math.sqrt(people / Math.max(1, most))) * grow;
  };

  function say(layer, tip, card) {
    return layer.bindTooltip(tip, { className: 'kepu-tip', opacity: 1, direction: 'auto', sticky: true })
      .bindPopup(card, POPUP);
  }

  function townLayers(data, style, view) {
    const renderer = kepu.canvas('shade');
    const shade = L.layerGroup();
    const edges = L.layerGroup();
    const fills = data.towns.rings.map((text, t) => {
      const rings = kepu.decode(text);
      const fill = L.polygon(rings, { renderer, interactive: false, stroke: false, fillOpacity: 1 });
      const edge = L.polygon(rings, {
        color: style.townEdge, weight: 1.1, opacity: 0.85, dashArray: '7 3 1.5 3', fillOpacity: 0,
      });
      say(edge, () => kepu.townTip(view(), t), () => kepu.townCard(view(), t));
      edge.on('mouseover', () => edge.setStyle({ weight: 2.6, dashArray: null }));
      edge.on('mouseout', () => edge.setStyle({ weight: 1.1, dashArray: '7 3 1.5 3' }));
      shade.addLayer(fill);
      edges.addLayer(edge);
      return fill;
    });
    return { shade, edges, fills };
  }

  function markLayers(points, draw, tip, card, view) {
    return points.map((point, i) => say(
      new kepu.Mark(point, { draw, look: { size: 1 } }),
      () => tip(view(), i), () => card(view(), i),
    ));
  }

  function placeLook(view, style, i, zoom) {
    const isReached = view.reach.minutes[i] !== null;
    const isMeant = view.reach.reason[i] !== kepu.NOT_MEANT;
    return {
      radius: kepu.radius(view.data.places.people[i], view.most, zoom),
      fill: isReached ? style.minuteFills[view.placeClass[i]]
        : isMeant ? style.unreached : style.notMeant,
      isCrossed: !isReached && isMeant,
      ring: view.isFlagged[i] ? style.flag : '',
      ink: style.ink,
    };
  }

  kepu.venueLook = function (view, style, v, zoom) {
    const { venues } = view.data;
    const order = view.standard.types.indexOf(venues.types.key[venues.type[v]]);
    const isUsed = order >= 0;
    return {
      shape: isUsed ? order : 2,
      status: venues.status[v],
      colour: isUsed ? style.venueTypes[order % style.venueTypes.length] : style.venueOther,
      size: (isUsed ? 4.4 : 2.9) * (1 + 0.14 * Math.max(0, Math.min(zoom, 16) - 11)),
    };
  };

  function byPeople(data) {
    const people = data.places.people;
    return people.map((_, i) => i).sort((a, b) => people[b] - people[a]);
  }

  /* Leaflet puts what is switched on uppermost; this sets the order right again. */
  function restack(map, groups) {
    groups.filter((group) => map.hasLayer(group))
      .forEach((group) => group.eachLayer((layer) => layer.bringToFront()));
  }

  kepu.layers = function (map, data, style, view) {
    const towns = townLayers(data, style, view);
    const places = markLayers(
      kepu.decodePoints(data.places.at), kepu.drawPlace, kepu.placeTip, kepu.placeCard, view);
    const venues = markLayers(
      kepu.decodePoints(data.venues.at), kepu.drawVenue, kepu.venueTip, kepu.venueCard, view);
    const placeGroup = L.layerGroup(byPeople(data).map((i) => places[i]));
    const used = L.layerGroup();
    const others = L.layerGroup();
    const order = [towns.edges, others, placeGroup, used];
    map.on('overlayadd', () => restack(map, order));

    function relook() {
      const zoom = map.getZoom();
      places.forEach((mark, i) => kepu.relook(mark, placeLook(view(), style, i, zoom)));
      venues.forEach((mark, v) => kepu.relook(mark, kepu.venueLook(view(), style, v, zoom)));
    }
    map.on('zoomend', relook);

    function show() {
      const now = view();
      towns.fills.forEach((fill, t) => {
        const share = now.coverage.towns[t][3];
        const fills = now.standard.shareFills;
        const found = kepu.shareClass(share, now.standard.shareEdges);
        fill.setStyle({ fillColor: share === null ? style.paper : fills[found] });
      });
      venues.forEach((mark, v) => {
        (now.isUsed[v] ? others : used).removeLayer(mark);
        (now.isUsed[v] ? used : others).addLayer(mark);
      });
      relook();
      restack(map, order);
    }

    return { towns, places, venues, placeGroup, used, others, show };
  };
}(window.kepu = window.kepu || {}));
