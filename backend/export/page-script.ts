/**
 * What makes the page of a call play. Plain JavaScript of any browser of the last years, sent as text; it asks nothing
 * of any network. Its data stands in the page: `data` (JSON) and `audio` (a WAV file, base64 in lines).
 */
export const SCRIPT = `'use strict';
(() => {
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element('data').textContent);
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const peaks = { caller: new Int8Array(bytesOf(data.peaks.caller).buffer), bot: new Int8Array(bytesOf(data.peaks.bot).buffer) };
  // Speech on the telephone is quiet: the loudest of it fills its lane.
  const loudest = Math.max(16, ...[peaks.caller, peaks.bot].map((values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  const whole = Math.max(1, data.durationMs);
  const [canvas, play, time, speed] = ['wave', 'play', 'time', 'speed'].map(element);
  const audio = new Audio();
  let view = { from: 0, to: whole };
  let at = 0;

  // Only when it is wanted: an hour is a hundred megabytes.
  const load = () => {
    if (audio.src || !element('audio')) return;
    const lines = element('audio').textContent.trim().split('\\n');
    audio.src = URL.createObjectURL(new Blob(lines.map(bytesOf), { type: 'audio/wav' }));
    audio.playbackRate = Number(speed.value);
  };
  const clock = (ms) => {
    const seconds = Math.floor(ms / 1000);
    const tail = String(seconds % 60).padStart(2, '0') + '.' + Math.floor((ms % 1000) / 100);
    return Math.floor(seconds / 60) + ':' + tail;
  };
  const seek = (ms) => {
    at = Math.min(whole, Math.max(0, ms));
    load();
    if (audio.src) audio.currentTime = at / 1000;
    if (at < view.from || at > view.to) show(at - (view.to - view.from) / 4, view.to - view.from);
    update();
  };
  const show = (from, span) => {
    const wanted = Math.min(whole, Math.max(200, span));
    const start = Math.min(whole - wanted, Math.max(0, from));
    view = { from: start, to: start + wanted };
    draw();
  };
  const zoom = (factor, around) => {
    const span = (view.to - view.from) * factor;
    show(around - ((around - view.from) / (view.to - view.from)) * span, span);
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const draw = () => {
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === 0) return;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    const x = (ms) => ((ms - view.from) / (view.to - view.from)) * width;
    const lane = (height - 16) / 2;
    pen.font = '11px system-ui, sans-serif';
    for (const wait of data.waits) {
      const [from, to] = [x(wait.from), x(wait.to)];
      if (to < 0 || from > width) continue;
      pen.globalAlpha = 0.22;
      pen.fillStyle = colour('--wait');
      pen.fillRect(from, 0, Math.max(1, to - from), lane * 2);
      pen.globalAlpha = 1;
      const label = Math.round(wait.to - wait.from) + ' ms';
      if (to - from > pen.measureText(label).width + 6) {
        pen.fillStyle = colour('--text');
        pen.fillText(label, from + 3, 11);
      }
    }
    const step = data.stepMs;
    for (const [index, side] of ['caller', 'bot'].entries()) {
      const values = peaks[side];
      const middle = lane * (index + 0.5);
      pen.fillStyle = colour('--line');
      pen.fillRect(0, middle, width, 1);
      pen.fillStyle = colour('--' + side);
      for (let pixel = 0; pixel < width; pixel += 1) {
        const first = Math.floor((view.from + (pixel / width) * (view.to - view.from)) / step);
        const last = Math.max(first + 1, Math.floor((view.from + ((pixel + 1) / width) * (view.to - view.from)) / step));
        let [low, high] = [0, 0];
        for (let i = first; i < last && 2 * i + 1 < values.length; i += 1) {
          low = Math.min(low, values[2 * i]);
          high = Math.max(high, values[2 * i + 1]);
        }
        if (low === 0 && high === 0) continue;
        const top = middle - (high / loudest) * (lane / 2 - 2);
        pen.fillRect(pixel, top, 1, Math.max(1, ((high - low) / loudest) * (lane / 2 - 2)));
      }
    }
    const ticks = [100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000];
    const tick = ticks.find((ms) => (ms / (view.to - view.from)) * width > 70) || 1800000;
    pen.fillStyle = colour('--dim');
    for (let ms = Math.ceil(view.from / tick) * tick; ms <= view.to; ms += tick) {
      pen.fillRect(x(ms), height - 14, 1, 4);
      if (x(ms) < width - 40) pen.fillText(clock(ms), x(ms) + 4, height - 4);
    }
    pen.fillStyle = colour('--bad');
    pen.fillRect(Math.round(x(at)) - 0.5, 0, 1.5, height - 14);
  };

  const said = [...document.querySelectorAll('.said')];
  let current = null;
  const update = () => {
    time.textContent = clock(at) + ' / ' + clock(whole);
    canvas.setAttribute('aria-valuenow', String(Math.round(at / 1000)));
    canvas.setAttribute('aria-valuetext', clock(at));
    const now = said.findLast((row) => Number(row.dataset.at) <= at + 1) || null;
    if (now !== current) {
      if (current) current.classList.remove('now');
      if (now) now.classList.add('now');
      current = now;
    }
    draw();
  };
  const follow = () => {
    at = audio.currentTime * 1000;
    if (at > view.to || at < view.from) show(at, view.to - view.from);
    update();
    if (!audio.paused) requestAnimationFrame(follow);
  };
  const toggle = () => {
    load();
    if (!audio.paused) return audio.pause();
    if (Math.abs(audio.currentTime * 1000 - at) > 20) audio.currentTime = at / 1000;
    audio.play().catch((problem) => { time.textContent = String(problem.message || problem); });
  };

  audio.addEventListener('play', () => { play.textContent = 'Pause'; requestAnimationFrame(follow); });
  audio.addEventListener('pause', () => { play.textContent = 'Play'; });
  play.addEventListener('click', toggle);
  speed.addEventListener('change', () => { audio.playbackRate = Number(speed.value); });
  element('closer').addEventListener('click', () => zoom(0.5, at >= view.from && at <= view.to ? at : (view.from + view.to) / 2));
  element('wider').addEventListener('click', () => zoom(2, (view.from + view.to) / 2));
  element('fit').addEventListener('click', () => show(0, whole));
  const pointed = (event) => view.from + (event.offsetX / canvas.clientWidth) * (view.to - view.from);
  canvas.addEventListener('click', (event) => seek(pointed(event)));
  canvas.addEventListener('wheel', (event) => {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (!event.ctrlKey && !event.metaKey && !sideways) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) zoom(event.deltaY < 0 ? 0.8 : 1.25, pointed(event));
    else show(view.from + (sideways / canvas.clientWidth) * (view.to - view.from), view.to - view.from);
  }, { passive: false });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a.at');
    if (!link) return;
    event.preventDefault();
    seek(Number(link.dataset.at));
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('button, select, a')) return;
    const steps = { ArrowLeft: -2000, ArrowRight: 2000 };
    if (event.key === ' ') toggle();
    else if (event.key in steps) seek(at + steps[event.key]);
    else return;
    event.preventDefault();
  });
  window.addEventListener('resize', draw);
  window.addEventListener('beforeprint', () => show(0, whole));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  if (!element('audio')) for (const control of [play, speed]) control.disabled = true;
  update();
})();
`;
