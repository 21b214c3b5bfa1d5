/* Scenario files: written as `kepu whatif` reads them, and read back. */
(function (kepu) {
  'use strict';

  const HEADER = '# 情景文件：kepu whatif 研究文件 --scenario 本文件。改动按先后次序生效，不改变研究本身。\n';
  const STEPS = 1e7;
  const KNOWN = ['open_venue', 'close_venue', 'add_venue'];

  function quoted(text) {
    return JSON.stringify(String(text)).replace(/\u007f/g, '\\u007f');
  }

  function list(codes) {
    return `[${codes.map(quoted).join(', ')}]`;
  }

  function addition(data, block, one) {
    const { sites, names } = block;
    const i = sites.place[one.site];
    const id = `NEW-${data.places.id[i]}-${one.type}`.slice(0, 60);
    return '\n[[edits]]\ndo = "add_venue"\n'
      + `id = ${quoted(id)}\nname = ${quoted(data.places.name[i] + names[one.type])}\n`
      + `type = ${quoted(one.type)}\nlon = ${sites.lon[one.site] / STEPS}\nlat = ${sites.lat[one.site] / STEPS}\n`;
  }

  /* The text of a scenario: what opens, what closes, what is new. */
  kepu.scenarioText = function (data, block, state, name) {
    const known = (codes) => codes.map((code) => kepu.whatif.meaning(data, block, code)).filter(Boolean);
    const opened = known(state.open);
    const venues = opened.filter((one) => one.venue >= 0).map((one) => one.code);
    const closed = known(state.close).map((one) => one.code);
    let text = `${HEADER}name = ${quoted(name)}\n`;
    if (venues.length) text += `\n[[edits]]\ndo = "open_venue"\nvenue = ${list(venues)}\n`;
    if (closed.length) text += `\n[[edits]]\ndo = "close_venue"\nvenue = ${list(closed)}\n`;
    return text + opened.filter((one) => one.venue < 0).map((one) => addition(data, block, one)).join('');
  };

  /* The edits of a text, each with its keys; values are written alike in JSON. */
  function parsed(text) {
    const edits = [];
    let into = {};
    text.split(/\r?\n/).forEach((line, n) => {
      const content = line.trim();
      if (!content || content[0] === '#') return;
      if (content === '[[edits]]') {
        into = {};
        edits.push(into);
        return;
      }
      const at = content.indexOf('=');
      try {
        into[content.slice(0, at).trim()] = JSON.parse(content.slice(at + 1));
      } catch (error) {
        throw new SyntaxError(`第 ${n + 1} 行看不懂`);
      }
    });
    return edits;
  }

  function codeOfNew(data, block, edit) {
    const { sites } = block;
    const same = (steps, degrees) => Math.abs(steps - degrees * STEPS) < 0.5;
    const site = sites.place.findIndex((i, s) => i >= 0
      && same(sites.lon[s], edit.lon) && same(sites.lat[s], edit.lat));
    if (site < 0 || !block.names[edit.type]) {
      throw new SyntaxError(`新增设施 ${edit.id} 不在本页的候选点上，请用 kepu whatif`);
    }
    return `@${data.places.id[sites.place[site]]}=${edit.type}`;
  }

  /* The state that a file asks for; a SyntaxError with a Chinese text where the page cannot. */
  kepu.scenarioState = function (data, block, text) {
    const state = { open: [], close: [] };
    parsed(text).forEach((edit, n) => {
      if (!KNOWN.includes(edit.do)) {
        throw new SyntaxError(`第 ${n + 1} 项改动（${edit.do}）须重新计算，请用 kepu whatif`);
      }
      if (edit.do === 'add_venue') {
        state.open.push(codeOfNew(data, block, edit));
        return;
      }
      edit.venue.forEach((id) => {
        if (!kepu.whatif.meaning(data, block, id)) throw new SyntaxError(`没有设施 ${id}`);
        state[edit.do === 'open_venue' ? 'open' : 'close'].push(id);
      });
    });
    return state;
  };
}(window.kepu = window.kepu || {}));
