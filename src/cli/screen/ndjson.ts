import {visible} from '../../report/text.ts';
import type {RunLine} from '../documents/run.ts';
import {survivingWrite} from './broken-terminal.ts';
import type {Screen, ScreenStream} from './screen.ts';

/** One JSON document a line, for programs. Questions go elsewhere, so nothing is ever held back. */
export function ndjsonScreen({stream}: {readonly stream: ScreenStream}): Screen {
  const write = survivingWrite(stream);
  return {
    observe: (event) => write(`${visible(JSON.stringify(event satisfies RunLine))}\n`),
    pause: () => {},
    resume: () => {},
    close: async () => {},
  };
}
