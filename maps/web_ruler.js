/* Measuring: click point after point, read the length; Escape or the button ends it. */
(function (kepu) {
  'use strict';

  const AXIS_METRES = 6378137;
  const ECCENTRICITY2 = 0.00669437999014;

  /* Straight metres on WGS 84 by the radii of curvature at mid-latitude; 0.01 % below 100 km. */
  kepu.metres = function ([lat1, lng1], [lat2, lng2]) {
    const radians = Math.PI / 180;
    const middle = (lat1 + lat2) / 2 * radians;
    const w2 = 1 - ECCENTRICITY2 * Math.sin(middle) ** 2;
    const north = AXIS_METRES * (1 - ECCENTRICITY2) / w2 ** 1.5 * (lat2 - lat1) * radians;
    const east = AXIS_METRES / Math.sqrt(w2) * Math.cos(middle) * (lng2 - lng1) * radians;
    return Math.hypot(north, east);
  };

  kepu.ruler = function (page) {
    const { map, store } = page;
    const button = kepu.byId('ruler');
    const line = L.polyline([], { color: page.style.route, weight: 3, dashArray: '6 5', interactive: false });
    const group = L.layerGroup();
    let points = [];
    let isOn = false;

    function length() {
      return points.slice(1).reduce((sum, point, k) => sum + kepu.metres(points[k], point), 0);
    }

    function draw() {
      line.setLatLngs(points);
      group.clearLayers();
      points.forEach((point, k) => {
        L.circleMarker(point, { radius: 4, color: page.style.route, weight: 2, fillColor: '#fff', fillOpacity: 1, interactive: false }).addTo(group);
        if (k !== points.length - 1 || !k) return;
        L.tooltip({ permanent: true, direction: 'right', offset: [8, 0], className: 'kepu-tip ruler' })
          .setLatLng(point).setContent(kepu.el('b', '', kepu.metresText(length()))).addTo(group);
      });
      kepu.byId('length').textContent = points.length > 1 ? `直线距离 ${kepu.metresText(length())}` : '在地图上逐点点击，Esc 结束';
    }

    function turn(next) {
      isOn = next;
      points = [];
      button.setAttribute('aria-pressed', String(isOn));
      map.getContainer().classList.toggle('measuring', isOn);
      kepu.byId('length').hidden = !isOn;
      if (isOn) {
        store.set({ pick: '' });
        line.addTo(map);
        group.addTo(map);
        map.doubleClickZoom.disable();
      } else {
        line.remove();
        group.remove();
        map.doubleClickZoom.enable();
      }
      draw();
    }

    button.addEventListener('click', () => turn(!isOn));
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && isOn) turn(false); });
    map.on('click', ({ latlng }) => {
      if (!isOn) return;
      points.push([latlng.lat, latlng.lng]);
      draw();
    });
    return () => isOn;
  };
}(window.kepu = window.kepu || {}));
