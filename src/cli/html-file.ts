import {accessSync, constants, existsSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {SwitcharooError} from '../model/problem.ts';

/** Before an hour of work: whether the page could be written. */
export function refuseUnwritable(file: string): void {
  asProblem(file, () => {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
    if (existsSync(file) && statSync(file).isDirectory()) {
      throw Object.assign(new Error(), {code: 'EISDIR'});
    }
  });
}

export function writeHtml(file: string, page: string): void {
  asProblem(file, () => writeFileSync(file, page, {mode: 0o600}));
}

function asProblem(file: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    throw new SwitcharooError(
      {
        code: 'html-not-written',
        message: `The page ${file} cannot be written (${code}).`,
        hint: 'Give --html a file in a folder that is there, and that you may write to.',
      },
      {cause},
    );
  }
}
