// Plays the recorded session: each frame has the lines that changed, as HTML made when the site was built.
const {frames, rows} = globalThis.session;
const figure = document.querySelector('.session');
const screen = figure.querySelector('.screen');
const still = screen.innerHTML;
/** A pause in the recording is shown no longer than this. */
const longestPauseMs = 1_500;

const button = document.createElement('button');
button.type = 'button';
button.textContent = 'Play';
figure.querySelector('figcaption').prepend(button, ' ');

let timer;
const stop = () => {
  clearTimeout(timer);
  timer = undefined;
  button.textContent = 'Play';
};

const play = () => {
  const lines = Array.from({length: rows}, () => '');
  button.textContent = 'Stop';
  const showFrame = (number) => {
    const {lines: changed} = frames[number];
    for (const [row, html] of Object.entries(changed)) {
      lines[row] = html;
    }
    screen.innerHTML = lines.join('\n');
    const next = frames[number + 1];
    timer = next
      ? setTimeout(showFrame, Math.min(next.atMs - frames[number].atMs, longestPauseMs), number + 1)
      : setTimeout(stop, 0);
  };
  showFrame(0);
};

button.addEventListener('click', () => {
  if (timer === undefined) {
    play();
  } else {
    stop();
    screen.innerHTML = still;
  }
});
