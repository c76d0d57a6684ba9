import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Action, Blocked} from '../../../src/index.ts';
import {checkout} from '../../../steps/image/checkout.ts';
import {type BuildWorld, filesBelow, gitStateOf, startBuildWorld} from './image-world.ts';

const signal = new AbortController().signal;
const realPath = process.env['PATH'] ?? '';
let world: BuildWorld;
beforeEach(async () => {
  world = await startBuildWorld({git: true});
  mkdirSync(dirname(sources()), {recursive: true});
});
afterEach(async () => {
  process.env['PATH'] = realPath;
  await world.close();
});

const sources = () => join(world.folder, 'builds/web');
const look = (started = true) => ({
  input: checkout.input.parse({url: world.url, ref: 'master', into: 'web'}),
  targets: {builder: world.sessions.builder.reader},
  run: {id: 'r-1', entry: 'checkout', started},
  now: new Date(),
  signal,
});
const picture = () => [filesBelow(dirname(sources())), gitStateOf(sources())];

type Asked = () => Promise<readonly Action<any>[] | Blocked>;

async function perform(asked: Asked): Promise<void> {
  const actions = await asked();
  if (!Array.isArray(actions)) {
    throw new Error(JSON.stringify(actions));
  }
  for (const action of actions) {
    await action.perform(world.sessions.builder.writer, signal, () => {});
  }
}

/**
 * The same, and it ends at the n-th command of git that changes something, as if it had died there. Says whether it
 * came to one.
 */
async function diesAt(nth: number, asked: Asked): Promise<boolean> {
  const bin = join(world.folder, 'bin');
  const count = join(world.folder, 'count');
  mkdirSync(bin, {recursive: true});
  writeFileSync(count, '0');
  const git = execFileSync('which', ['git'], {encoding: 'utf8', env: {PATH: realPath}}).trim();
  writeFileSync(
    join(bin, 'git'),
    `#!/bin/sh
case " $* " in
  *" --quiet HEAD "*) ;;
  *" update-ref "*|*" checkout "*|*" fetch "*|*" init "*|*" symbolic-ref "*|*" --unset "*|*" config --local switcharoo"*)
    n=$(($(cat ${count}) + 1))
    echo $n > ${count}
    if [ $n -ge ${nth} ]; then exit 99; fi ;;
esac
exec ${git} "$@"
`,
  );
  chmodSync(join(bin, 'git'), 0o700);
  process.env['PATH'] = `${bin}:${realPath}`;
  try {
    await perform(asked);
  } catch (error) {
    expect(error).toMatchObject({problem: {code: 'git-failed'}});
  } finally {
    process.env['PATH'] = realPath;
  }
  return Number(readFileSync(count, 'utf8')) >= nth;
}

async function pending() {
  const verdict = await checkout.check(look(false));
  if (verdict.kind !== 'pending') {
    throw new Error(`it is ${JSON.stringify(verdict)}`);
  }
  const before = checkout.before.parse(JSON.parse(JSON.stringify(verdict.before)));
  return {
    before,
    forward: () => checkout.plan(look(), before),
    back: () => checkout.reverse(look(), before),
  };
}

const theirs = () => {
  world.git('clone', '--quiet', world.url, sources());
  world.git('-C', sources(), 'checkout', '--quiet', '-b', 'mine');
  writeFileSync(join(sources(), 'app/main'), 'mine\n');
  world.git('-C', sources(), 'commit', '--quiet', '--all', '--message', 'Mine');
};

describe('comes back wherever it dies', () => {
  const found: readonly {readonly name: string; prepare(): void | Promise<void>}[] = [
    {name: 'where there was nothing', prepare: () => {}},
    {
      name: 'where an earlier run has checked out something',
      prepare: async () => {
        const commit = world.git('rev-parse', 'HEAD');
        const earlier = {url: world.url, ref: 'refs/heads/master', commit, into: 'web'};
        await world.sessions.builder.writer.checkOut({...earlier, run: 'r-0'}, signal);
      },
    },
    {name: 'where somebody has a branch of their own', prepare: theirs},
  ];
  test.each(found)(
    '$name',
    async ({prepare}) => {
      await prepare();
      world.commit('master', 'app/main', 'next\n');
      const start = picture();
      const {forward, back} = await pending();
      await perform(forward);
      expect(await checkout.check(look())).toMatchObject({kind: 'done'});
      const whole = picture();
      await perform(back);
      expect(picture()).toEqual(start);

      let deaths = 1;
      for (; await diesAt(deaths, forward); deaths += 1) {
        await perform(back);
        expect(picture(), `dead at ${deaths}, and back`).toEqual(start);
        await diesAt(deaths, forward);
        if ((await checkout.check(look())).kind !== 'done') {
          await perform(forward);
        }
        expect(picture(), `dead at ${deaths}, and on`).toEqual(whole);
        await perform(back);
        expect(picture(), `dead at ${deaths}, on, and back`).toEqual(start);
      }
      expect(deaths).toBeGreaterThan(5);

      for (let dead = 1; await diesAt(dead, back); dead += 1) {
        await perform(back);
        expect(picture(), `dead at ${dead} of the reversal`).toEqual(start);
        expect(await back()).toEqual([]);
        await perform(forward);
        expect(picture()).toEqual(whole);
      }
      expect(picture()).toEqual(start);
    },
    60_000,
  );
});

describe('removes nothing that it did not make', () => {
  const blocked = (reason: string) => ({
    kind: 'blocked',
    reason: `${sources()} on builder ${reason}.`,
    hint: 'Somebody works there, and the run does not remove their work. Move it away, then reverse again.',
  });

  test.each([
    {
      name: 'a file of their own',
      happens: () => writeFileSync(join(sources(), 'notes'), 'by hand\n'),
      has: 'contains changes that this run did not make: notes',
    },
    {
      name: 'a file of their own that git ignores',
      happens: () => {
        writeFileSync(join(sources(), '.git/info/exclude'), '*.key\n');
        writeFileSync(join(sources(), 'tls.key'), 'by hand\n');
      },
      has: 'contains changes that this run did not make: tls.key',
    },
    {
      name: 'a branch of their own',
      happens: () => world.git('-C', sources(), 'branch', 'mine'),
      has: 'contains changes that this run did not make: refs/heads/mine',
    },
    {
      name: 'work put aside',
      happens: () => {
        writeFileSync(join(sources(), 'app/main'), 'by hand\n');
        world.git('-C', sources(), 'stash', '--quiet');
      },
      has: 'contains changes that this run did not make: refs/stash',
    },
    {
      name: 'a clone of their own in its place',
      happens: () => {
        rmSync(sources(), {recursive: true});
        world.git('clone', '--quiet', world.url, sources());
      },
      has: 'is a clone that this run did not make',
    },
  ])('$name', async ({happens, has}) => {
    const {forward, back} = await pending();
    await perform(forward);
    const [planned] = (await back()) as readonly Action<any>[];
    happens();
    const now = picture();
    expect(await back()).toEqual(blocked(has));
    // It came after the look.
    const late = planned?.perform(world.sessions.builder.writer, signal, () => {});
    await expect(late).rejects.toMatchObject({problem: {code: 'checkout-foreign-files'}});
    expect(picture()).toEqual(now);
  });

  test('a commit of their own', async () => {
    const {forward, back} = await pending();
    await perform(forward);
    writeFileSync(join(sources(), 'app/main'), 'by hand\n');
    world.git('-C', sources(), 'commit', '--quiet', '--all', '--message', 'Mine');
    const commit = world.git('-C', sources(), 'rev-parse', 'HEAD').slice(0, 12);
    expect(await back()).toEqual(
      blocked(`contains changes that this run did not make: commit ${commit}`),
    );
    // What is built is what was planned, and no commit of somebody's.
    expect(await checkout.check(look())).toMatchObject({kind: 'pending'});
  });

  test('a folder of their own that has a name like that of a half-made clone', async () => {
    const other = `${sources()}.new`;
    mkdirSync(other);
    writeFileSync(join(other, 'notes'), 'by hand\n');
    const {forward, back} = await pending();
    await perform(forward);
    await perform(back);
    expect(readdirSync(dirname(sources()))).toEqual(['web.new']);
    expect(readdirSync(other)).toEqual(['notes']);
  });

  test('what a link leads to', async () => {
    const own = join(world.folder, 'own');
    world.git('clone', '--quiet', world.url, own);
    symlinkSync(own, sources());
    expect(await checkout.check(look(false))).toMatchObject({
      kind: 'blocked',
      reason: `${sources()} on builder exists, and is a link.`,
    });
  });
});

test('a removal that died half-way goes on', async () => {
  const {forward, back} = await pending();
  await perform(forward);
  const aside = join(dirname(sources()), '.web.r-1');
  renameSync(sources(), aside);
  rmSync(join(aside, '.git/HEAD'));
  const rest = await back();
  expect(Array.isArray(rest) && rest.map(({does}) => does)).toEqual([
    'remove what is left of the checkout web',
  ]);
  await perform(back);
  expect(existsSync(aside)).toBe(false);
  expect(await back()).toEqual([]);
});

test('a branch that somebody has moved meanwhile is not reversed to another commit', async () => {
  theirs();
  const {forward, back} = await pending();
  const was = world.git('-C', sources(), 'rev-parse', 'mine').slice(0, 12);
  await perform(forward);
  world.git('-C', sources(), 'branch', '--force', 'mine', 'HEAD');
  const is = world.git('-C', sources(), 'rev-parse', 'mine').slice(0, 12);
  expect(await back()).toEqual({
    kind: 'blocked',
    reason: `Branch mine in ${sources()} on builder is at ${is}; before this run it was at ${was}.`,
    hint: `Somebody works there. Set the branch with: git branch --force mine ${was}. Or check it out yourself and skip this entry.`,
  });
});

test('a file of somebody that git ignores is not overwritten by one of the branch', async () => {
  theirs();
  writeFileSync(join(sources(), '.git/info/exclude'), 'local\n');
  writeFileSync(join(sources(), 'local'), 'by hand\n');
  world.commit('master', 'local', 'theirs\n');
  const {forward, back} = await pending();
  await expect(perform(forward)).rejects.toMatchObject({problem: {code: 'git-failed'}});
  expect(readFileSync(join(sources(), 'local'), 'utf8')).toBe('by hand\n');
  await perform(back);
  expect(world.git('-C', sources(), 'symbolic-ref', '--short', 'HEAD')).toBe('mine');
});
