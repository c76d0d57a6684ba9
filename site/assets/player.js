// Plays the recorded session: each frame has the lines that changed, as HTML made when the site was built.
const {frames, rows} = globalThis.session;
const figure = document.querySelector('.session');
const screen = figure.querySelector('.screen');
/** A pause in the recording, also between two keys, is shown no longer than this. */
const longestPauseMs = 400;

const button = document.createElement('button');
button.type = 'button';
figure.querySelector('figcaption').prepend(button, ' ');

let timer;
let position = 0;
let lines = [];

const rest = (text) => {
  clearTimeout(timer);
  timer = undefined;
  button.textContent = text;
};

const showFrame = () => {
  if (position === 0) {
    lines = Array.from({length: rows}, () => '');
  }
  const {atMs, lines: changed} = frames[position];
  for (const [row, html] of Object.entries(changed)) {
    lines[row] = html;
  }
  screen.innerHTML = lines.join('\n');
  position = (position + 1) % frames.length;
  if (position === 0) {
    rest('Play again');
  } else {
    timer = setTimeout(showFrame, Math.min(frames[position].atMs - atMs, longestPauseMs));
  }
};

rest('Play');
button.addEventListener('click', () => {
  if (timer === undefined) {
    button.textContent = 'Pause';
    showFrame();
  } else {
    rest('Continue');
  }
});
