import {accessSync, constants, existsSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {SwitcharooError} from '../model/problem.ts';

/** Throws before an hour of work if the report could not be written afterwards. */
export function refuseUnwritableReport(file: string): void {
  asProblem(file, () => {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
    if (existsSync(file) && statSync(file).isDirectory()) {
      throw Object.assign(new Error(), {code: 'EISDIR'});
    }
  });
}

export function writeReport(file: string, page: string): void {
  asProblem(file, () => writeFileSync(file, page, {mode: 0o600}));
}

function asProblem(file: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    throw new SwitcharooError(
      {
        code: 'report-write-failed',
        message: `The report ${file} cannot be written (${code}).`,
        hint: 'Give --html a file in an existing folder that you may write to.',
      },
      {cause},
    );
  }
}
