/* The choice: standard or any types, mode, group, area, threshold and goal; and the measure. */
(function (kepu) {
  'use strict';

  const { byId } = kepu;

  function option(value, text) {
    const found = kepu.el('option', '', text);
    found.value = value;
    return found;
  }

  kepu.choiceOf = function (standard) {
    const { key, types, mode, group, minutes, goal, area } = standard;
    return { standard: key, types, mode, group, minutes, goal, area };
  };

  /* One button of several that exclude each other. */
  function segments(root, items, onPick) {
    kepu.fill(root, items.map(([value, text]) => {
      const button = kepu.button('', text, () => onPick(value));
      button.dataset.value = value;
      button.setAttribute('role', 'radio');
      return button;
    }));
    root.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = Array.from(root.children).filter((button) => !button.disabled);
      const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
      next.focus();
      next.click();
    });
  }

  function mark(root, value) {
    Array.from(root.children).forEach((button) => {
      const isOn = button.dataset.value === value;
      button.setAttribute('aria-checked', String(isOn));
      button.tabIndex = isOn ? 0 : -1;
    });
  }

  function typeBoxes(page) {
    const { data, store } = page;
    const used = new Set(data.venues.type);
    const wanted = new Set(kepu.flatten(data.standards.map((standard) => standard.types)));
    kepu.fill(byId('types'), data.types.key.map((key, k) => {
      if (!used.has(k) && !wanted.has(key)) return '';
      const box = kepu.el('input');
      box.type = 'checkbox';
      box.value = key;
      box.addEventListener('change', () => {
        const all = Array.from(byId('types').querySelectorAll('input'));
        const types = all.filter((one) => one.checked).map((one) => one.value);
        if (types.length) store.set({ types });
        else box.checked = true;
      });
      return kepu.el('label', '', [box, kepu.el('span', '', data.types.name[k])]);
    }));
  }

  /* A number field that takes what lies within its bounds and goes back otherwise. */
  function numberField(field, page, key, scale) {
    field.addEventListener('change', () => {
      const value = Number(field.value);
      const isGood = field.value.trim() !== '' && value >= Number(field.min) && value <= Number(field.max);
      const found = Math.round(value * 10) / 10 / scale;
      if (isGood) page.store.set({ [key]: found });
      else page.say(`请输入 ${field.min} 到 ${field.max} 之间的数。`);
      field.value = kepu.short(page.store.get()[key] * scale);
    });
  }

  kepu.chooser = function (page) {
    const { data, store } = page;
    const modes = data.reach.filter((one) => one.group === '').map((one) => one.mode);
    kepu.fill(byId('standard'), [
      ...data.standards.map((one) => option(one.key, one.name)), option('', '自定义组合'),
    ]);
    byId('standard').addEventListener('change', () => {
      const standard = data.standards.find((one) => one.key === byId('standard').value);
      if (standard) store.set(kepu.choiceOf(standard));
      else byId('own').open = true;
    });
    segments(byId('measure'), kepu.measureNames(data), (measure) => store.set({ measure }));
    segments(byId('mode'), modes.map((mode) => [mode, kepu.MODES[mode] || mode]), (mode) => store.set({ mode }));
    const groups = Object.keys(data.places.groups);
    kepu.fill(byId('group'), groups.map((key) => option(key, kepu.groupName(data, key))));
    byId('group').addEventListener('change', () => store.set({ group: byId('group').value }));
    kepu.fill(byId('area'), Object.keys(kepu.AREAS).map((key) => option(key, kepu.AREAS[key])));
    byId('area').addEventListener('change', () => store.set({ area: byId('area').value }));
    // nobody knows who arrives later than was searched for
    byId('minutes').max = String(data.longestMinutes);
    byId('slide').max = String(Math.min(Number(byId('slide').max), data.longestMinutes));
    numberField(byId('minutes'), page, 'minutes', 1);
    numberField(byId('goal'), page, 'goal', 100);
    byId('slide').addEventListener('input', () => store.set({ minutes: Number(byId('slide').value) }));
    typeBoxes(page);
  };

  function names(data, types) {
    return types.map((key) => data.types.name[data.types.key.indexOf(key)] || key).join('、');
  }

  function countOf(data, types, isIn) {
    return data.venues.id.filter((_, v) => data.venues.status[v] === 'open'
      && types.includes(data.types.key[data.venues.type[v]]) && isIn(v)).length;
  }

  const openOf = (data, { types }) => countOf(data, types, () => true);

  /* How many open venues of the types do not count: they are for other groups. */
  const others = (data, { types, group }) => countOf(data, types, (v) => !kepu.serves(data, v, group));

  kepu.choiceText = function (page) {
    const { choice } = page.answer;
    return `${kepu.MODES[choice.mode] || choice.mode} ≤ ${kepu.short(choice.minutes)} 分钟 · `
      + `${kepu.groupName(page.data, choice.group)} · ${kepu.AREAS[choice.area]} · 目标 ${kepu.goalText(choice.goal)}`;
  };

  kepu.choiceTitle = function (page) {
    const { standard, choice } = page.answer;
    return standard ? standard.name : `自定义：${names(page.data, choice.types)}`;
  };

  const measureName = (data, key) => kepu.measureNames(data).find(([one]) => one === key)[1];

  function basisOf({ view: { measure }, answer: { standard } }) {
    if (measure) return `${measure.name}：${measure.basis}`;
    if (!standard) return '自定义组合，不是评价标准。';
    return standard.basis ? `依据：${standard.basis}` : '';
  }

  kepu.showChoice = function (page) {
    const { data, answer } = page;
    const { choice, standard } = answer;
    byId('standard').value = standard ? standard.key : '';
    mark(byId('measure'), page.view.measure ? page.view.measure.key
      : choice.measure === 'minutes' ? 'minutes' : 'coverage');
    Array.from(byId('measure').children).forEach((button) => {
      button.title = kepu.whyNot(page, button.dataset.value);
      button.disabled = button.title !== '';
    });
    mark(byId('mode'), choice.mode);
    byId('group').value = choice.group;
    byId('area').value = choice.area;
    byId('minutes').value = kepu.short(choice.minutes);
    byId('slide').value = String(choice.minutes);
    byId('goal').value = kepu.short(choice.goal * 100);
    byId('types').querySelectorAll('input').forEach((box) => {
      box.checked = choice.types.includes(box.value);
    });
    byId('types-count').textContent = `${choice.types.length} 类`;
    byId('terms').textContent = kepu.choiceText(page);
    const [open, apart] = [openOf(data, choice), others(data, choice)];
    byId('uses').textContent = `设施：在用 ${kepu.count(open)} 处${apart ? `，其中 ${apart} 处只面向其他人群、不计入` : ''}；${names(data, choice.types)}`;
    byId('uses').classList.toggle('bad', open === 0);
    const why = kepu.whyNot(page, choice.measure);
    byId('basis').textContent = why ? `${measureName(data, choice.measure)}不能显示，改按覆盖显示：${why}。` : basisOf(page);
    byId('basis').classList.toggle('bad', why !== '');
    byId('untold').hidden = answer.isTold;
  };
}(window.kepu = window.kepu || {}));
