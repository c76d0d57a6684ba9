import {describe, expect, test} from 'vitest';
import {
  activeLines,
  commentedOut,
  rebootUsersIn,
  usersIn,
} from '../../../steps/hosts/cron/crontab-text.ts';

const crontab = `# m h dom mon dow command
SHELL=/bin/sh
MAILTO = "ops"
  "ODD NAME" = 1

*/5 * * * * digest --all
\t@daily backup # at night
#0 3 * * * off
0 3 * * * A=1 run`;

describe('a crontab', () => {
  test('has as many active lines as cron would run', () => {
    expect(activeLines(crontab)).toBe(3);
  });

  test('has only these commented out, with the name of the run, and all else unchanged', () => {
    expect(
      commentedOut(crontab, {id: 'night-1', entry: 'stop crons'}),
    ).toBe(`# m h dom mon dow command
SHELL=/bin/sh
MAILTO = "ops"
  "ODD NAME" = 1

#switcharoo:night-1-stop_crons */5 * * * * digest --all
#switcharoo:night-1-stop_crons \t@daily backup # at night
#0 3 * * * off
#switcharoo:night-1-stop_crons 0 3 * * * A=1 run`);
  });

  test('has no active line once it is commented out', () => {
    expect(activeLines(commentedOut(crontab, {id: 'r', entry: 'e'}))).toBe(0);
  });
});

test('a file of cron.d names the users of its jobs', () => {
  expect(
    usersIn('PATH=/bin\n5 4 * * * shop clean up\n@daily root backup\n1 2 3 4 5 shop x\n'),
  ).toEqual(['root', 'shop']);
});

test('and which of them are started at boot', () => {
  expect(
    rebootUsersIn('#@reboot a x\n@reboot shop x\r\n\t@reboot\troot y\n@daily b @reboot z\n'),
  ).toEqual(['root', 'shop']);
});
