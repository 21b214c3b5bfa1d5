/* Scenario files: written as `kepu whatif` reads them, and read back. */
(function (kepu) {
  'use strict';

  const HEADER = '# 情景文件：kepu whatif 研究文件 --scenario 本文件。改动按先后次序生效，不改变研究本身。\n';
  const STEPS = 1e7;
  const KNOWN = ['open_venue', 'close_venue', 'add_venue', 'upgrade_venue'];
  const UNUSED = { capacity: '容量', capacity_unit: '容量', days: '开放日', hours: '开放时间' };

  function quoted(text) {
    return JSON.stringify(String(text)).replace(/\u007f/g, '\\u007f');
  }

  function list(codes) {
    return `[${codes.map(quoted).join(', ')}]`;
  }

  function addition(block, one) {
    const { spots, names } = block;
    const id = `NEW-${spots.id[one.spot]}-${one.type}`.slice(0, 60);
    return '\n[[edits]]\ndo = "add_venue"\n'
      + `id = ${quoted(id)}\nname = ${quoted(spots.name[one.spot] + names[one.type])}\n`
      + `type = ${quoted(one.type)}\nlon = ${spots.lon[one.spot] / STEPS}\nlat = ${spots.lat[one.spot] / STEPS}\n`;
  }

  function upgrade(data, block, one) {
    const host = data.venues.id[block.spots.host[one.spot]];
    return `\n[[edits]]\ndo = "upgrade_venue"\nvenue = ${quoted(host)}\ntype = ${quoted(one.type)}\n`;
  }

  /* The text of a scenario: what opens, what closes, what is new. */
  kepu.scenarioText = function (data, block, state, name) {
    const known = (codes) => codes.map((code) => kepu.whatif.meaning(data, block, code)).filter(Boolean);
    const isOpen = (one) => one.venue >= 0 && data.venues.status[one.venue] === 'open';
    const opened = known(state.open).filter((one) => !isOpen(one));
    const venues = opened.filter((one) => one.venue >= 0).map((one) => one.code);
    const closed = known(state.close).filter(isOpen).map((one) => one.code);
    let text = `${HEADER}name = ${quoted(name)}\n`;
    if (venues.length) text += `\n[[edits]]\ndo = "open_venue"\nvenue = ${list(venues)}\n`;
    if (closed.length) text += `\n[[edits]]\ndo = "close_venue"\nvenue = ${list(closed)}\n`;
    return text + opened.filter((one) => one.venue < 0)
      .map((one) => (block.spots.host[one.spot] < 0 ? addition(block, one) : upgrade(data, block, one))).join('');
  };

  /* A value as JSON writes it; a list may end in a comma. */
  function valueIn(text) {
    return JSON.parse(text.replace(/,\s*\]/g, ']'));
  }

  /* The edits of a text, each with its keys; values are written alike in JSON, lists over some lines. */
  function parsed(text) {
    const edits = [];
    let into = {};
    let open = null;
    text.split(/\r?\n/).forEach((line, n) => {
      const content = line.trim();
      if (!content || content[0] === '#') return;
      if (content === '[[edits]]') {
        if (open) throw new SyntaxError(`第 ${open.n} 行看不懂，请用 kepu whatif`);
        into = {};
        edits.push(into);
        return;
      }
      const at = content.indexOf('=');
      if (!open) open = { n: n + 1, key: content.slice(0, at).trim(), text: content.slice(at + 1).trim() };
      else open.text += content;
      try {
        into[open.key] = valueIn(open.text);
        open = null;
      } catch {
        if (open.text[0] !== '[') throw new SyntaxError(`第 ${open.n} 行看不懂，请用 kepu whatif`);
      }
    });
    if (open) throw new SyntaxError(`第 ${open.n} 行看不懂，请用 kepu whatif`);
    return edits;
  }

  function codeOfNew(data, block, edit) {
    const { spots } = block;
    if (edit.serves && (edit.serves.length || edit.do === 'upgrade_venue')) {
      throw new SyntaxError(`新增设施 ${edit.id || edit.venue} 另有服务对象，请用 kepu whatif`);
    }
    const same = (steps, degrees) => Math.abs(steps - degrees * STEPS) < 0.5;
    const isThere = (k) => (edit.do === 'upgrade_venue'
      ? spots.host[k] >= 0 && data.venues.id[spots.host[k]] === edit.venue && edit.keep !== false
      : spots.host[k] < 0 && same(spots.lon[k], edit.lon) && same(spots.lat[k], edit.lat)
        && (edit.datum === undefined || edit.datum === 'WGS84'));
    const code = spots.id.map((id) => `@${id}=${edit.type}`)
      .find((one, k) => isThere(k) && kepu.whatif.meaning(data, block, one));
    if (code === undefined) {
      throw new SyntaxError(`新增设施 ${edit.id || edit.venue} 不在本页的候选点上，请用 kepu whatif`);
    }
    return code;
  }

  /* One edit after the other, as `kepu whatif` takes them: what is opened can be closed again. */
  function taken(data, block, state, edit) {
    if (edit.do === 'add_venue' || edit.do === 'upgrade_venue') {
      state.open.push(codeOfNew(data, block, edit));
      return;
    }
    const isOpening = edit.do === 'open_venue';
    const [mine, other] = isOpening ? ['open', 'close'] : ['close', 'open'];
    edit.venue.forEach((id) => {
      const one = id[0] === '@' ? null : kepu.whatif.meaning(data, block, id);
      if (!one) throw new SyntaxError(`没有设施 ${id}`);
      const isOpen = state.open.includes(id)
        || (data.venues.status[one.venue] === 'open' && !state.close.includes(id));
      if (isOpen === isOpening) throw new SyntaxError(`设施 ${id} ${isOpen ? '已经在用' : '本来没有在用'}`);
      if (state[other].includes(id)) state[other] = state[other].filter((code) => code !== id);
      else state[mine].push(id);
    });
  }

  /* What a file says of new venues that no figure of the page hangs on, and that is not kept. */
  kepu.scenarioUnused = function (text) {
    const keys = kepu.flatten(parsed(text).map((edit) => Object.keys(edit)));
    return Array.from(new Set(keys.map((key) => UNUSED[key]).filter(Boolean)));
  };

  /* The state that a file asks for; a SyntaxError with a Chinese text where the page cannot. */
  kepu.scenarioState = function (data, block, text) {
    const state = { open: [], close: [] };
    parsed(text).forEach((edit, n) => {
      if (!KNOWN.includes(edit.do)) {
        throw new SyntaxError(`第 ${n + 1} 项改动（${edit.do}）须重新计算，请用 kepu whatif`);
      }
      taken(data, block, state, edit);
    });
    return state;
  };
}(window.kepu = window.kepu || {}));
