/* Making elements. Text enters the page here, and only as text. */
(function (kepu) {
  'use strict';

  const SVG = 'http://www.w3.org/2000/svg';

  kepu.byId = (id) => document.getElementById(id);

  function append(element, content) {
    const children = Array.isArray(content) ? content : [content];
    children.filter((child) => child !== undefined && child !== null && child !== '')
      .forEach((child) => element.append(child));
    return element;
  }

  kepu.el = function (tag, className, content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    return append(element, content);
  };

  kepu.svg = function (tag, attributes, content) {
    const element = document.createElementNS(SVG, tag);
    Object.keys(attributes || {}).forEach((name) => element.setAttribute(name, attributes[name]));
    return append(element, content);
  };

  kepu.fill = function (element, children) {
    element.textContent = '';
    return append(element, children);
  };

  kepu.flatten = function (lists) {
    return [].concat(...lists);
  };

  kepu.english = function (text) {
    const element = kepu.el('small', '', text);
    element.lang = 'en';
    return element;
  };

  kepu.button = function (className, content, onClick) {
    const button = kepu.el('button', className, content);
    button.type = 'button';
    button.addEventListener('click', onClick);
    return button;
  };

  kepu.rowHead = function (content) {
    const cell = kepu.el('th', '', content);
    cell.scope = 'row';
    return cell;
  };

  /* Pairs of label and value; pairs without a value are left out. */
  kepu.rows = function (pairs) {
    const shown = pairs.filter((pair) => pair[1] !== '' && pair[1] !== undefined);
    return kepu.el('dl', 'rows', kepu.flatten(shown.map(([label, value]) => [
      kepu.el('dt', '', label), kepu.el('dd', '', value),
    ])));
  };

  kepu.say = function (text) {
    kepu.byId('say').textContent = text;
  };

  kepu.download = function (name, text, type) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  /* A text for the clipboard; the old way where the new one is not allowed. */
  kepu.copy = function (text) {
    const old = () => {
      const field = kepu.el('textarea', 'unseen');
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
    };
    if (!navigator.clipboard) return Promise.resolve(old());
    return navigator.clipboard.writeText(text).catch(old);
  };
}(window.kepu = window.kepu || {}));
