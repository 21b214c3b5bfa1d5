/* Reading the data blocks, printing numbers, making elements. */
(function (kepu) {
  'use strict';

  const DEGREES = 1e-5;

  kepu.TENTHS_PER_MINUTE = 600;
  kepu.MODES = { walk: '步行', ebike: '电动自行车', car: '驾车' };
  kepu.GROUPS = {
    people: '常住人口', elderly: '老年人', youth: '青少年',
    farmers: '农民', workers: '产业工人', officials: '干部',
  };
  kepu.STATUSES = { open: '在用', planned: '拟建', candidate: '候选', closed: '停用' };
  kepu.REASONS = ['', '未接入路网', '超出计算时限', '无可到达的此类设施', '不适用'];
  kepu.NOT_MEANT = 4;

  kepu.read = function (id) {
    return JSON.parse(document.getElementById(id).textContent);
  };

  /* base64 of zigzag varints -> parts of [latitude, longitude] */
  kepu.decode = function (text) {
    const bytes = atob(text);
    const parts = [];
    let at = 0;
    let x = 0;
    let y = 0;
    function next() {
      let value = 0;
      let scale = 1;
      let byte;
      do {
        byte = bytes.charCodeAt(at);
        at += 1;
        value += (byte & 0x7f) * scale;
        scale *= 128;
      } while (byte & 0x80);
      return value % 2 ? -(value + 1) / 2 : value / 2;
    }
    while (at < bytes.length) {
      const part = new Array(next());
      for (let i = 0; i < part.length; i += 1) {
        x += next();
        y += next();
        part[i] = [y * DEGREES, x * DEGREES];
      }
      parts.push(part);
    }
    return parts;
  };

  kepu.decodePoints = function (text) {
    return kepu.decode(text)[0] || [];
  };

  /* Shares are printed rounded down and minutes rounded up: what reads as met is met. */
  kepu.percentTenths = function (share) {
    return Math.floor(share * 1000 + 1e-9);
  };

  kepu.percent = function (share) {
    return share === null ? '—' : (kepu.percentTenths(share) / 10).toFixed(1) + '%';
  };

  kepu.goalText = function (goal) {
    return Number((goal * 100).toFixed(2)) + '%';
  };

  kepu.minutesText = function (tenths) {
    return (Math.ceil(tenths / (kepu.TENTHS_PER_MINUTE / 10)) / 10).toFixed(1) + ' 分钟';
  };

  kepu.count = function (value) {
    return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  };

  /* The only way text enters the page: as text. */
  kepu.el = function (tag, className, content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    const children = Array.isArray(content) ? content : [content];
    children.filter((child) => child !== undefined && child !== '')
      .forEach((child) => element.append(child));
    return element;
  };

  kepu.flatten = function (lists) {
    return [].concat(...lists);
  };

  kepu.fill = function (element, children) {
    element.textContent = '';
    children.forEach((child) => element.append(child));
  };

  kepu.english = function (text) {
    const element = kepu.el('small', '', text);
    element.lang = 'en';
    return element;
  };

  /* The class of a share or of minutes among ascending edges. */
  kepu.shareClass = function (share, edges) {
    return edges.filter((edge) => share >= edge).length;
  };

  kepu.minuteClass = function (minutes, edges, isCovered) {
    const threshold = edges.length / 2;
    const found = edges.filter((edge) => minutes > edge).length;
    return isCovered ? Math.min(found, threshold - 1) : Math.max(found, threshold);
  };
}(window.kepu = window.kepu || {}));
