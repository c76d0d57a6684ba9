import {hash} from 'node:crypto';

/**
 * What follows a run in the browser: it asks for the state of the page, puts in the parts that changed, and lets the
 * clocks tick. Without a sign of life for three seconds, the page says so and no clock ticks. A machine that sleeps
 * stops one of the two clocks by which that is measured.
 */
export const followScript = `
'use strict';
(() => {
  const {follow, tag: firstTag, structure} = document.documentElement.dataset;
  const [everyMs, silentMs] = follow === 'files' ? [500, 6000] : [500, 3000];
  const [contact, news] = ['contact', 'news'].map((id) => document.getElementById(id));
  const shown = new Map();
  let tag = firstTag;
  let seq = document.getElementById('seq')?.textContent ?? '';
  let sign = {run: performance.now(), day: Date.now(), utc: null};
  let made = null;
  let offsetMs = null;
  let last = '';

  const silent = () => Math.max(performance.now() - sign.run, Date.now() - sign.day);
  const clockOf = (time) => new Date(time).toISOString().slice(11, 19);

  const two = (value, unit) => String(value).padStart(2, '0') + ' ' + unit;
  function duration(ms) {
    const s = Math.floor(ms / 1000);
    if (ms < 1000) return Math.max(0, Math.floor(ms)) + ' ms';
    if (ms < 10000) return (Math.floor(ms / 100) / 10).toFixed(1) + ' s';
    if (s < 60) return s + ' s';
    if (s < 3600) return Math.floor(s / 60) + ' m ' + two(s % 60, 's');
    if (s < 86400) return Math.floor(s / 3600) + ' h ' + two(Math.floor((s % 3600) / 60), 'm');
    return Math.floor(s / 86400) + ' d ' + two(Math.floor((s % 86400) / 3600), 'h');
  }

  function textOf({since, plus, until}, now) {
    if (since) return duration(Number(plus) + Math.max(0, now - Date.parse(since)));
    const left = Date.parse(until) - now;
    return left >= 0 ? 'in ' + duration(left) : 'overdue by ' + duration(-left);
  }

  function say(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  function tick() {
    const stale = silent() > silentMs;
    if (!stale && offsetMs !== null) {
      const now = performance.now() + offsetMs;
      for (const clock of document.querySelectorAll('.clock')) say(clock, textOf(clock.dataset, now));
    }
    const state = stale ? 'stale' : offsetMs === null ? 'halted' : 'live';
    if (state === last) return;
    if (last === 'stale') say(news, 'This page is up to date again.');
    last = state;
    document.body.className = state;
    if (stale) {
      const since = clockOf(sign.utc ?? sign.day);
      const lost = follow === 'files' ? 'its files are no longer updated' : 'its server does not answer, or cannot read the journal';
      say(news, 'This page has been out of date since ' + since + ' UTC: ' + lost + '.');
      contact.textContent = 'OUT OF DATE since ' + since + ' UTC: ' + lost + '. Everything on this page is as it was then, and its clocks are stopped.';
      return;
    }
    contact.textContent = (state === 'live' ? 'Live.' : 'The clocks on this page are stopped.') + (seq === '' ? '' : ' Journal read up to #');
    if (seq !== '') contact.append(Object.assign(document.createElement('span'), {id: 'seq', textContent: seq}), '.');
  }

  function alive(nowUtc) {
    sign = {run: performance.now(), day: Date.now(), utc: nowUtc || null};
    offsetMs = nowUtc ? Date.parse(nowUtc) - performance.now() : null;
  }

  function put(part, html) {
    const summaries = () => [...part.querySelectorAll('summary')];
    const open = summaries().map(({parentElement}) => parentElement.open);
    const focused = summaries().indexOf(document.activeElement);
    part.innerHTML = html;
    for (const [index, {parentElement}] of summaries().entries()) parentElement.open = open[index] ?? parentElement.open;
    summaries()[focused]?.focus({preventScroll: true});
  }

  function show(state) {
    if (state.structure !== structure) {
      // Where the page and the state are of different runs, it would load for ever, and never be out of date.
      if (performance.now() > 1500 && history.state !== state.madeAtUtc) {
        history.replaceState(state.madeAtUtc, '');
        location.reload();
      }
      return false;
    }
    document.title = state.title;
    for (const [id, html] of Object.entries(state.parts)) {
      const part = document.getElementById(id);
      if (part && shown.get(id) !== html) put(part, html);
      shown.set(id, html);
    }
    seq = String(state.seq ?? '');
    say(document.getElementById('seq'), seq);
    say(news, state.news);
    return true;
  }

  async function ask() {
    const headers = tag ? {'If-None-Match': tag} : {};
    const response = await fetch('state.json', {headers, cache: 'no-store', signal: AbortSignal.timeout(2500)});
    const isSame = response.status === 304;
    if (!isSame && !response.ok) return;
    if (isSame && follow === 'files') return;
    const state = isSame ? null : await response.json();
    if (state && !show(state)) return;
    tag = response.headers.get('etag') ?? tag;
    if (follow === 'files' && state.madeAtUtc === made) return;
    made = state ? state.madeAtUtc : made;
    alive(state ? state.nowUtc : response.headers.get('switcharoo-now'));
    tick();
  }

  async function followRun() {
    for (;;) {
      await ask().catch(() => {});
      tick();
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  document.addEventListener('visibilitychange', () => ask().catch(() => {}));
  setInterval(tick, 200);
  followRun();
})();
`;

/** Of the only script that a page may run. */
export const followScriptHash = `sha256-${hash('sha256', followScript, 'base64')}`;
