"""The script that watches a chat from inside its page, and what it has to be told."""

from __future__ import annotations

TOLD = ("bubbles", "own", "agent", "text", "quick", "status", "number")
"""The options that the script is told: CSS selectors, and the name of an attribute."""

WATCH = """options => {
  if (document[options.tell]) return;
  document[options.tell] = true;
  const watched = new WeakSet();
  let last = '', due = false;
  const soon = () => { if (!due) { due = true; setTimeout(tell, 20); } };
  const observer = new MutationObserver(soon);
  const roots = root => {
    if (!watched.has(root)) {
      watched.add(root);
      observer.observe(root, {
        subtree: true, childList: true, characterData: true, attributes: true,
      });
    }
    return [root, ...[...root.querySelectorAll('*')]
      .flatMap(node => node.shadowRoot ? roots(node.shadowRoot) : [])];
  };
  const seen = node => node.checkVisibility ? node.checkVisibility() : true;
  const live = 'script, iframe, object, embed, [onerror], [onload], [onclick]';
  const unread = ['STYLE', 'SCRIPT', 'TEMPLATE'];
  const words = node => {
    const inside = [...(node.shadowRoot ? node.shadowRoot.children : [])]
      .filter(part => !unread.includes(part.tagName)).map(part => part.innerText || '').join('\\n');
    return (inside.trim() || node.innerText || '').trim();
  };
  const said = node => [words(options.text && node.querySelector(options.text) || node)]
    .concat([...(node.shadowRoot || node).querySelectorAll(live)].map(bad => bad.outerHTML))
    .join(' ').trim();
  const look = () => {
    const places = roots(document);
    const all = css => css ? places.flatMap(root => [...root.querySelectorAll(css)]) : [];
    return {
      bubbles: all(options.bubbles).map(node => ({
        text: said(node), own: node.matches(options.own || ':not(*)'),
        agent: node.matches(options.agent || ':not(*)'),
        number: options.number ? node.getAttribute(options.number) : null,
      })),
      status: all(options.status).filter(seen).map(words).join(' ').trim(),
      quick: all(options.quick).filter(seen).map(words),
    };
  };
  const tell = () => {
    due = false;
    const now = look(), text = JSON.stringify(now);
    if (text !== last) { last = text; window[options.tell](now); }
  };
  tell();
}"""
"""Tells what the log, the status and the suggestions say now, and again whenever that changes:
{bubbles: [{text, own, agent, number}], status, quick: [text]}. Open shadow roots are seen through.
"""
