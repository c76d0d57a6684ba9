import {clean} from '../../report/text.ts';
import {survivingWrite} from './broken-terminal.ts';
import type {Screen, ScreenStream} from './screen.ts';

/** What happened at the entries and nothing else, so that the log of a command can be piped on. */
export function linesScreen({stream}: {readonly stream: ScreenStream}): Screen {
  const write = survivingWrite(stream);
  return {
    observe: (event) => {
      if (event.kind === 'event') {
        write(`${clean(event.text)}\n`);
      }
    },
    pause: () => {},
    resume: () => {},
    close: async () => {},
  };
}
