"""The questions that are put to a page, as scripts that change nothing in it."""

from __future__ import annotations

LOOK = """() => {
  const shadows = [], walk = root => {
    for (const node of root.querySelectorAll('*')) if (node.shadowRoot) {
      shadows.push(node.shadowRoot); walk(node.shadowRoot);
    }
  };
  const body = document.body;
  if (body) walk(body);
  const said = shadows.flatMap(root => [...root.children])
    .filter(node => !['STYLE', 'SCRIPT', 'TEMPLATE'].includes(node.tagName))
    .map(node => node.innerText || '');
  const came = performance.getEntriesByType('navigation')[0];
  return {
    url: location.href,
    title: document.title,
    text: [body ? body.innerText : '', ...said].join('\\n').slice(0, 200000),
    status: came && came.responseStatus || 0,
    ready: document.readyState === 'complete',
    origin: performance.timeOrigin,
  };
}"""
"""{url, title, text, status, ready, origin}: `text` is what can be read, in open shadow roots too;
`origin` when the navigation began, in milliseconds of the epoch."""

CHANGE = """limit => new Promise(done => {
  const from = performance.now();
  let changed = false;
  const finish = () => { observer.disconnect(); done({changed, ready: ready()}); };
  const ready = () => document.readyState === 'complete';
  const observer = new MutationObserver(() => {
    if (changed) return;
    changed = true;
    setTimeout(finish, Math.min(30, Math.max(0, limit - (performance.now() - from))));
  });
  observer.observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true,
  });
  setTimeout(() => { if (!changed) finish(); }, limit);
})"""
"""{changed, ready} once the page has changed (and 30 ms on), or after `limit` milliseconds."""

TIMING = """() => new Promise(done => {
  const came = performance.getEntriesByType('navigation')[0];
  if (!came || !came.loadEventEnd) return done(null);
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  const found = {
    first_byte: came.responseStart, ready: came.domContentLoadedEventEnd, load: came.loadEventEnd,
    first_paint: paint ? paint.startTime : null, largest_paint: null, layout_shift: 0,
  };
  const watch = (type, take) => {
    try {
      new PerformanceObserver(list => list.getEntries().forEach(take))
        .observe({type, buffered: true});
    } catch (unsupported) { /* the figure stays unknown */ }
  };
  watch('largest-contentful-paint', entry => { found.largest_paint = entry.startTime; });
  watch('layout-shift', entry => { if (!entry.hadRecentInput) found.layout_shift += entry.value; });
  setTimeout(() => done(found), 20);
})"""
"""Milliseconds since the navigation began, `layout_shift` its score; null while loading."""

BROKEN_IMAGES = """() => document.readyState !== 'complete' ? null :
  [...document.images].filter(image => image.currentSrc && image.complete && !image.naturalWidth)
    .map(image => image.currentSrc)"""
"""Addresses of pictures that did not come; null while the page is loading."""

UNLABELLED = """() => document.readyState !== 'complete' ? null :
  [...document.querySelectorAll('input, select, textarea, [role=textbox], [role=combobox]')]
    .filter(field => !['hidden', 'submit', 'button', 'image', 'reset'].includes(field.type))
    .filter(field => field.checkVisibility ? field.checkVisibility() : field.offsetParent)
    .filter(field => {
      const by = (field.getAttribute('aria-labelledby') || '').split(/\\s+/)
        .map(id => id && document.getElementById(id)).filter(Boolean);
      const said = [...(field.labels || []), ...by].map(node => node.textContent)
        .concat(field.getAttribute('aria-label'), field.title);
      return !said.some(text => (text || '').trim());
    })
    .map(field => field.name || field.id || field.placeholder || field.tagName.toLowerCase())"""
"""Names of visible form fields without a label (WCAG 2.2, 4.1.2); a placeholder is none."""

COVER = """element => {
  const box = element.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  let top = element.getRootNode().elementFromPoint(x, y);
  if (!top || top === element || element.contains(top)) return '';
  const named = top.closest('[role], [aria-label], dialog, [id]') || top;
  const text = (named.getAttribute('aria-label') || named.innerText || '').trim();
  const tag = named.getAttribute('role') || named.tagName.toLowerCase();
  return text ? tag + ' «' + text.replace(/\\s+/g, ' ').slice(0, 80) + '»' : tag;
}"""
"""What lies over the middle of an element, in a few words; empty where nothing does."""

SAYS = """element => element.selectedOptions
  ? [...element.selectedOptions].map(option => option.label).join(', ')
  : ['INPUT', 'TEXTAREA', 'OUTPUT'].includes(element.tagName) ? String(element.value)
  : element.innerText ?? element.textContent ?? ''"""
"""What a customer reads in an element: its text, what stands in a field, what is selected."""

NAMES = """elements => elements.slice(0, 5).map(element => {
  const kinds = {A: 'link', BUTTON: 'button', SELECT: 'combobox', INPUT: 'field', H1: 'heading',
    H2: 'heading', H3: 'heading', IMG: 'picture', TEXTAREA: 'field'};
  const kind = element.getAttribute('role') || kinds[element.tagName] || 'text';
  const text = element.getAttribute('aria-label') || element.innerText || element.alt || '';
  return kind + ' «' + text.trim().replace(/\\s+/g, ' ').slice(0, 60) + '»';
})"""
"""The first five elements, each in a few words."""

AHEAD = """(() => {
  const Real = Date, ahead = Math.round(%f);
  const now = () => Real.now() + ahead;
  const Shown = new Proxy(Real, {
    construct: (real, given, made) => Reflect.construct(real, given.length ? given : [now()], made),
    apply: () => new Real(now()).toString(),
    get: (real, key) => key === "now" ? now : Reflect.get(real, key),
  });
  Real.prototype.constructor = Shown;
  globalThis.Date = Shown;
})()"""
"""Lets a page's date be so many milliseconds ahead, and run on from there.

Nothing else is touched: timers, paint times and `performance` are the browser's own, as they are
measured. Playwright's own clock takes their place too, and largest paints are then never told.
"""
