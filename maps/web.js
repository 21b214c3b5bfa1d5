/* The start: one view (a standard and all that follows from it), shown on the map and in the panel. */
(function (kepu) {
  'use strict';

  const NEAR_ZOOM = 13.5;

  function row(columns, k) {
    return Object.keys(columns).reduce(
      (found, name) => Object.assign(found, { [name]: columns[name][k] }), {});
  }

  function flagsOf(data, k) {
    const { kind, at, standard, sentence } = data.flags;
    return standard.map((_, i) => i).filter((i) => standard[i] === k)
      .map((i) => ({ kind: kind[i], at: at[i], sentence: sentence[i] }));
  }

  function catchments(data, reach, weights) {
    const all = new Array(data.venues.id.length).fill(0);
    const within = all.slice();
    reach.venue.forEach((v, i) => {
      if (v < 0 || reach.minutes[i] === null) return;
      all[v] += weights[i];
      if (reach.covered[i]) within[v] += weights[i];
    });
    return [all, within];
  }

  kepu.view = function (data, k) {
    const standard = row(data.standards, k);
    const reach = data.reach[k];
    const { places, venues } = data;
    const weights = places.groups[standard.group] || places.people;
    const flags = flagsOf(data, k);
    const flagged = new Set(flags.filter((f) => f.kind === 'place').map((f) => f.at));
    const [catchment, within] = catchments(data, reach, weights);
    return {
      data, k, standard, reach, weights, flags, catchment, within,
      groupName: kepu.GROUPS[standard.group] || standard.group,
      coverage: data.coverage[k],
      most: places.people.reduce((a, b) => Math.max(a, b), 1),
      isFlagged: places.id.map((_, i) => flagged.has(i)),
      isUsed: venues.type.map((t) => standard.types.includes(venues.types.key[t])),
      placeClass: reach.minutes.map((tenths, i) => (tenths === null ? -1 : kepu.minuteClass(
        tenths / kepu.TENTHS_PER_MINUTE, standard.minuteEdges, reach.covered[i] === 1))),
    };
  };

  /* Sources and the caveats of map law, always in sight. */
  function notice(data) {
    const control = L.control({ position: 'bottomright' });
    const sources = data.facts.value.filter((_, i) => data.facts.label[i].includes('来源'));
    control.onAdd = () => kepu.el('div', 'notice', [
      kepu.el('b', '', data.illustrative ? '示意数据 · ' : ''),
      `${kepu.reviewText(data)} · 示意图，不作为行政区划界线依据`,
      sources.length ? kepu.el('span', '', `数据来源：${Array.from(new Set(sources)).join('；')}`) : '',
    ]);
    return control;
  }

  function controls(map, data, layers, base, labels) {
    L.control.zoom({ zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    notice(data).addTo(map);
    const switches = L.control.layers(null, {
      镇街着色: layers.towns.shade,
      居民点: layers.placeGroup,
      本标准所用设施: layers.used,
      其他设施: layers.others,
      道路与铁路: base.roads,
      水系: base.water,
      地名注记: labels.layer,
    }, { collapsed: window.innerWidth < 1600 }).addTo(map);
    const toggle = switches.getContainer().querySelector('.leaflet-control-layers-toggle');
    toggle.title = '图层';
    toggle.setAttribute('aria-label', '图层');
    map.on('popupopen', ({ popup }) => {
      popup.getElement().querySelector('.leaflet-popup-close-button').setAttribute('aria-label', '关闭');
    });
  }

  function fit(map, rings, maxZoom) {
    map.fitBounds(L.latLngBounds(kepu.flatten(rings)), { padding: [16, 16], animate: false, maxZoom });
  }

  kepu.start = function (map) {
    const data = kepu.read('kepu-data');
    const style = kepu.read('kepu-style');
    const district = kepu.decode(data.towns.district);
    let now = kepu.view(data, 0);
    const view = () => now;
    map.getContainer().setAttribute('role', 'region');
    map.getContainer().setAttribute('aria-label', '地图');
    kepu.panes(map);
    fit(map, district);
    const base = kepu.baseMap(map, kepu.read('kepu-base'), style);
    kepu.veil(map, district, style);
    const layers = kepu.layers(map, data, style, view);
    const labels = kepu.labels(map, data, style, view);

    function toPlace(i) {
      const mark = layers.places[i];
      map.addLayer(layers.placeGroup);
      map.setView(mark.getLatLng(), Math.max(map.getZoom(), NEAR_ZOOM), { animate: false });
      mark.openPopup();
    }

    function toTown(t) {
      const edge = layers.towns.edges.getLayers()[t];
      fit(map, kepu.decode(data.towns.rings[t]), NEAR_ZOOM);
      edge.openPopup(L.latLng(kepu.decodePoints(data.towns.label)[t]));
    }

    function show(k) {
      now = kepu.view(data, k);
      layers.show();
      labels.draw();
      kepu.showPanel(now, style, toPlace, toTown);
      if (map._popup && map._popup.isOpen()) map._popup.update();
    }

    [layers.towns.shade, base.water, base.roads, layers.towns.edges, layers.others,
      layers.placeGroup, layers.used, labels.layer].forEach((layer) => layer.addTo(map));
    controls(map, data, layers, base, labels);
    kepu.panel(data, show);
    show(0);
  };
}(window.kepu = window.kepu || {}));
