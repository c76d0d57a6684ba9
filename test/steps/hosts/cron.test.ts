import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import type {HostWriter} from '../../../steps/hosts/contract.ts';
import {type LabWorld, startLabWorld} from './lab-world.ts';

const marker = {id: 'r-1', entry: 'stop'};
const {signal} = new AbortController();
const path = '/etc/cron.d/clean';
const text = '5 4 * * * shop true\n';

let lab: LabWorld;
let host: HostWriter;
let web1: LabHost;

beforeEach(async () => {
  lab = await startLabWorld({name: 'web1', crontabs: {shop: ''}});
  [web1] = lab.tried.hosts as [LabHost]; // One was asked for.
  [host] = lab.session.writer.hosts as [HostWriter];
});
afterEach(() => lab.stop());

const at = (place: string) => join(web1.root, place);
const write = (place: string, content: string | Buffer, mode = 0o644) => {
  mkdirSync(dirname(at(place)), {recursive: true});
  writeFileSync(at(place), content);
  chmodSync(at(place), mode);
};
const modeOf = (place: string) => (statSync(at(place)).mode & 0o7777).toString(8);
const read = (place: string) => readFileSync(at(place), 'utf8');
/** Nothing of this entry's is left on the host. */
const leftovers = () =>
  readdirSync(web1.root, {recursive: true}).filter((name) => String(name).includes('switcharoo'));

/** Lets a program of the host do something else first, as others may do at that moment. */
function runFirst(program: string, script: string): void {
  const place = join(lab.tried.directory, 'web1/bin', program);
  const real = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], {encoding: 'utf8'});
  rmSync(place, {force: true});
  writeFileSync(place, `#!/bin/sh\n${script}\nexec ${real.trim()} "$@"\n`, {mode: 0o755});
}
const asBefore = (program: string) => rmSync(join(lab.tried.directory, 'web1/bin', program));

test.each(['crontabs', 'tabs', '.'])(
  'every user with a crontab in /var/spool/cron/%s is listed',
  async (folder) => {
    rmSync(at('/var/spool/cron/crontabs'), {recursive: true});
    write(`/var/spool/cron/${folder}/shop`, '* * * * * true\n');
    expect(await host.crontabUsers(marker, signal)).toEqual(['shop']);
  },
);

test('the users of the jobs in a file: scripts and anacron run as root', async () => {
  const script = '#!/bin/sh\nrm -f -- /srv/shop/tmp/x y z\n';
  write('/etc/cron.daily/clean', script);
  write('/etc/anacrontab', '1 5 cron.daily run-parts /etc/cron.daily\n');
  write('/etc/crontab', '17 * * * * shop true\n');
  const paths = ['/etc/cron.daily/clean', '/etc/anacrontab', '/etc/crontab'];
  const states = await host.cronFiles(paths, marker, signal);
  expect(states.map(({inPlace}) => inPlace?.users)).toEqual([['root'], ['root'], ['shop']]);
});

describe('a file that is moved aside and restored', () => {
  test('is a link again, if it was one', async () => {
    for (const target of ['../clean.cron', at('/etc/clean.cron')]) {
      write('/etc/clean.cron', text);
      symlinkSync(target, at(path));
      await host.moveAside(path, marker, signal);
      const [state] = await host.cronFiles([path], marker, signal);
      expect([state?.inPlace, state?.kept?.users]).toEqual([null, ['shop']]);
      await host.restoreFile(path, marker, signal);
      expect(lstatSync(at(path)).isSymbolicLink()).toBe(true);
      expect(readlinkSync(at(path))).toBe(target);
      expect(leftovers()).toEqual([]);
      rmSync(at(path));
    }
  });

  test('is not taken for the copy of another file with a similar name', async () => {
    for (const name of ['', '.new', '.link']) {
      write(`${path}${name}`, `5 4 * * * shop true ${name}\n`);
    }
    for (const name of ['.new', '.link', '']) {
      await host.moveAside(`${path}${name}`, marker, signal);
    }
    for (const name of ['.new', '.link', '']) {
      await host.restoreFile(`${path}${name}`, marker, signal);
      expect(read(`${path}${name}`)).toBe(`5 4 * * * shop true ${name}\n`);
    }
    expect(leftovers()).toEqual([]);
  });

  test('has its original mode, although somebody wrote it again meanwhile', async () => {
    for (const moveAgain of [true, false]) {
      write(path, text, 0o600);
      await host.moveAside(path, marker, signal);
      write(path, text, 0o644);
      if (moveAgain) {
        await host.moveAside(path, marker, signal);
      }
      await host.restoreFile(path, marker, signal);
      expect(modeOf(path)).toBe('600');
    }
  });

  test('keeps an edit in the middle of the move', async () => {
    write(path, text);
    const seen = join(lab.tried.directory, 'seen');
    runFirst('sync', `[ ! -e ${at(path)} ] || echo edited | tee ${seen} > ${at(path)}`);
    await host.moveAside(path, marker, signal).catch(() => {});
    asBefore('sync');
    await host.restoreFile(path, marker, signal).catch(() => {});
    expect(read(path)).toBe(existsSync(seen) ? 'edited\n' : text);
  });

  test.each([
    ['dashes and bytes that are no UTF-8', Buffer.from([0x23, 0x20, 0xff, 0xfe, 0x00, 0x0a, 0x80])],
    ['ends without a line end', Buffer.from('5 4 * * * shop true')],
    ['has the line ends of Windows', Buffer.from('5 4 * * * shop true\r\n')],
    ['is empty', Buffer.from('')],
  ])('is byte for byte as it was: %s', async (_, content) => {
    write(path, content, 0o640);
    await host.moveAside(path, marker, signal);
    await host.moveAside(path, marker, signal);
    expect(existsSync(at(path))).toBe(false);
    await host.restoreFile(path, marker, signal);
    await host.restoreFile(path, marker, signal);
    expect(readFileSync(at(path)).equals(content)).toBe(true);
    expect([modeOf(path), leftovers()]).toEqual(['640', []]);
  });

  test.each(['mkdir', 'cp', 'mv', 'sync', 'rm', 'find'])(
    'is never lost and leaves nothing behind, killed at any %s of the move and of the restore',
    async (program) => {
      for (let nth = 1; nth <= 4; nth += 1) {
        for (const work of ['move', 'restore'] as const) {
          write(path, text, 0o640);
          if (work === 'restore') {
            await host.moveAside(path, marker, signal);
          }
          killAt(program, nth);
          await (work === 'move' ? host.moveAside : host.restoreFile)(path, marker, signal).catch(
            () => {},
          );
          asBefore(program);
          const [state] = await host.cronFiles([path], marker, signal);
          expect([state?.inPlace, state?.kept], `${work} ${nth}`).not.toEqual([null, null]);
          await host.restoreFile(path, marker, signal);
          expect([read(path), modeOf(path), leftovers()], `${work} ${nth}`).toEqual([
            text,
            '640',
            [],
          ]);
        }
      }
    },
    60_000,
  );

  /** At its nth call of a program the script is killed, as a whole. */
  function killAt(program: string, nth: number): void {
    const count = join(lab.tried.directory, 'count');
    rmSync(count, {force: true});
    runFirst(program, `echo >> ${count}; [ "$(wc -l < ${count})" != ${nth} ] || kill -9 $PPID`);
  }
});
