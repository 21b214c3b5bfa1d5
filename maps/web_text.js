/* Words and numbers as the page prints them. No document is needed here. */
(function (kepu) {
  'use strict';

  kepu.TICKS_PER_MINUTE = 600;
  kepu.MODES = { walk: '步行', ebike: '电动自行车', car: '驾车' };
  kepu.STATUSES = { open: '在用', planned: '拟建', candidate: '候选', closed: '停用' };
  kepu.KINDS = { urban: '城镇', rural: '乡村' };
  kepu.AREAS = { all: '全区', urban: '城镇', rural: '乡村' };
  kepu.LEVELS = { severe: '严重', moderate: '一般' };
  /* By the number of the reason, see web_measure.js. */
  kepu.REASONS = ['', '未接入路网', '无可到达的此类设施', '超出计算时限', '不适用'];

  /* Shares are printed rounded down and minutes rounded up: what reads as met is met. */
  function percentTenths(share) {
    return Math.floor(share * 1000 + 1e-9);
  }

  kepu.percent = function (share) {
    return share === null ? '—' : (percentTenths(share) / 10).toFixed(1) + '%';
  };

  kepu.goalText = function (goal) {
    return Number((goal * 100).toFixed(2)) + '%';
  };

  kepu.minutes = function (ticks) {
    return (Math.ceil(ticks / (kepu.TICKS_PER_MINUTE / 10)) / 10).toFixed(1);
  };

  kepu.minutesText = function (ticks) {
    return kepu.minutes(ticks) + ' 分钟';
  };

  /* Half to even, as the tables round walks. */
  kepu.walkText = function (milliseconds) {
    const tenths = milliseconds / 6000;
    const low = Math.floor(tenths);
    const isUp = tenths - low > 0.5 || (tenths - low === 0.5 && low % 2 === 1);
    return ((low + (isUp ? 1 : 0)) / 10).toFixed(1) + ' 分钟';
  };

  kepu.count = function (value) {
    return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  };

  kepu.short = function (number) {
    return String(Number(number.toFixed(2)));
  };

  /* Whole, or three digits that count: two decimals would make nothing of what is rare. */
  kepu.valueText = function (value) {
    return value >= 100 || Number.isInteger(value) ? kepu.count(value) : value.toPrecision(3);
  };

  /* Percentage points between two printed shares. */
  kepu.pointsText = function (high, low) {
    if (high === null || low === null) return '—';
    const tenths = percentTenths(high) - percentTenths(low);
    return (tenths > 0 ? '+' : '') + (tenths / 10).toFixed(1).replace('-', '−');
  };

  kepu.metresText = function (metres) {
    if (metres < 1000) return Math.round(metres) + ' 米';
    return (metres / 1000).toFixed(metres < 10000 ? 2 : 1) + ' 公里';
  };

  kepu.verdict = function (share, goal) {
    if (share === null) return '无人口';
    return share >= goal ? '✓ 达标' : '✗ 未达标';
  };
}(window.kepu = window.kepu || {}));
