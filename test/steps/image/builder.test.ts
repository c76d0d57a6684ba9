import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {manifestAt} from '../../../lab/registry/store.ts';
import type {Look} from '../../../src/index.ts';
import {checkout} from '../../../steps/image/checkout.ts';
import {fetchFiles} from '../../../steps/image/fetch-files.ts';
import {newestGitTag} from '../../../steps/image/newest-git-tag.ts';
import {pushImage} from '../../../steps/image/push-image.ts';
import {readyToBuild} from '../../../steps/image/ready-to-build.ts';
import {imageBuilder} from '../../../steps/image/target.ts';
import {type BuildWorld, startBuildWorld} from './image-world.ts';

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
};

const opened: BuildWorld[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({close}) => close()));
});

async function begin(options: Parameters<typeof startBuildWorld>[0] = {}): Promise<BuildWorld> {
  const world = await startBuildWorld(options);
  opened.push(world);
  return world;
}

const signal = new AbortController().signal;

const look = ({sessions}: BuildWorld, input: unknown, begun = true): Look<any, any> => ({
  input,
  targets: Object.fromEntries(
    Object.entries(sessions).map(([part, session]) => [part, session.reader]),
  ),
  run: {id: 'r-1', entry: 'tried', started: begun},
  now: new Date(),
  signal,
});

/** Looks, and performs what remains. */
async function perform(step: any, world: BuildWorld, given: unknown): Promise<any> {
  const input = step.input.parse(given);
  const verdict = await step.check(look(world, input, false));
  if (verdict.kind === 'pending') {
    for (const {on, perform} of await step.plan(look(world, input), verdict.before)) {
      await perform((world.sessions as any)[on].writer, signal, () => {});
    }
    return step.check(look(world, input));
  }
  return verdict;
}

describe('with buildah, and no engine', () => {
  test.skipIf(!has('buildah'))('a branch is built with its certificates, and pushed', async () => {
    const world = await begin({
      git: true,
      program: (folder) => [
        'buildah',
        ...['--storage-driver', 'vfs', '--root', join(folder, 'root')],
        ...['--runroot', join(folder, 'run')],
      ],
    });
    const {output} = await perform(checkout, world, {
      url: world.url,
      ref: 'master.7',
      into: 'web@master.7',
    });
    expect(output.commit).toBe(world.git('rev-parse', 'HEAD'));
    expect(
      await perform(fetchFiles, world, {prefix: 'web/', into: 'web@master.7/config'}),
    ).toMatchObject({kind: 'done'});
    const pushed = await perform(pushImage, world, {
      repository: 'web',
      tag: 'master.7',
      commit: output.commit,
      into: 'web@master.7',
    });
    const repository = world.store.repositories.get('web');
    const there = repository && manifestAt(repository, 'master.7');
    expect(pushed).toEqual({
      kind: 'done',
      output: {digest: there?.digest, image: `${world.registry.host}/web@${there?.digest}`},
    });
  });
});

test('the password of the registry is in no command line, and in no file that is left', async () => {
  const world = await begin({
    program: (folder) => {
      // A builder that writes down what it is started with.
      const program = join(folder, 'spy');
      writeFileSync(
        program,
        `#!/bin/sh\necho "$@" >>${folder}/words\nenv >>${folder}/words\ncat >>${folder}/stdin\n`,
      );
      chmodSync(program, 0o700);
      return [program];
    },
  });
  mkdirSync(join(world.folder, 'builds/web'), {recursive: true});
  await perform(pushImage, world, {
    repository: 'loose',
    tag: 'v1',
    commit: 'c'.repeat(40),
    into: 'web',
  }).catch((error) => expect(error.problem.code).toBe('ecr-image-not-found'));
  const words = readFileSync(join(world.folder, 'words'), 'utf8');
  expect(words).toContain('--username AWS --password-stdin');
  expect(words).not.toContain(world.store.password);
  expect(readFileSync(join(world.folder, 'stdin'), 'utf8')).toContain(world.store.password);
  const [authfile = ''] = /\S*switcharoo-registry-\w+/.exec(words) ?? [];
  expect(authfile).not.toBe('');
  expect(() => readdirSync(authfile)).toThrow('ENOENT');
});

test('where nothing can build, that is reported before anything waits for it', async () => {
  const world = await begin();
  const config = {folder: world.folder, program: ['/nowhere/podman']};
  const builder = await imageBuilder.open(imageBuilder.config.parse(config), {
    name: 'here',
    signal,
  });
  const asked = {...look(world, {needed: true}), targets: {builder: builder.reader}};
  expect(await readyToBuild.check(asked as never)).toEqual({
    kind: 'blocked',
    reason: 'here has no working /nowhere/podman: it cannot build an image.',
    hint: 'Install buildah or docker there, or set `program` of the builder in the inventory. An image that is pushed already is not built.',
  });
  expect(await readyToBuild.check({...asked, input: {needed: false}} as never)).toEqual({
    kind: 'done',
    output: {},
  });
});

test('a link in the sources leads no certificate out of them', async () => {
  const world = await begin();
  const outside = join(world.folder, 'outside');
  mkdirSync(outside);
  mkdirSync(join(world.folder, 'builds/web'), {recursive: true});
  symlinkSync(outside, join(world.folder, 'builds/web/config'));
  await expect(
    perform(fetchFiles, world, {prefix: 'web/', into: 'web/config'}),
  ).rejects.toMatchObject({problem: {code: 'path-outside-folder'}});
  expect(readdirSync(outside)).toEqual([]);
});

test('a link that lies where a new file is first written is not written through', async () => {
  const world = await begin();
  const outside = join(world.folder, 'outside');
  writeFileSync(outside, 'theirs');
  mkdirSync(join(world.folder, 'builds/web/config'), {recursive: true});
  symlinkSync(outside, join(world.folder, 'builds/web/config/app.json.new'));
  await perform(fetchFiles, world, {prefix: 'web/', into: 'web/config'});
  expect(readFileSync(outside, 'utf8')).toBe('theirs');
  expect(readFileSync(join(world.folder, 'builds/web/config/app.json'), 'utf8')).toBe('{}');
});

test('a key that would be a hook of git is not fetched', async () => {
  const world = await begin();
  world.s3.put('config', 'hooked/.GIT/hooks/post-checkout', 'rm -rf /');
  const verdict = await perform(fetchFiles, world, {prefix: 'hooked/', into: 'web'});
  expect(verdict).toMatchObject({
    kind: 'blocked',
    reason:
      'The object hooked/.GIT/hooks/post-checkout of the bucket config would be written outside the folder web, or into a .git in it.',
  });
});

test('a repository is not named with a token, which git would show to everyone on the machine', () => {
  const isTaken = (url: string) =>
    checkout.input.safeParse({url, ref: 'master', into: 'web'}).success &&
    newestGitTag.input.safeParse({url, branch: 'master'}).success;
  expect(isTaken('https://github.com/shop/web.git')).toBe(true);
  expect(isTaken('ssh://git@github.com/shop/web.git')).toBe(true);
  expect(isTaken('git@github.com:shop/web.git')).toBe(true);
  expect(isTaken('https://ghp_token@github.com/shop/web.git')).toBe(false);
  expect(isTaken('https://user:secret@github.com/shop/web.git')).toBe(false);
  expect(isTaken('ssh://git:secret@github.com/shop/web.git')).toBe(false);
});

test('a tag that somebody else pushed meanwhile is not moved, and not taken for that of this run', async () => {
  const world = await begin();
  const sources = join(world.folder, 'builds/web');
  mkdirSync(sources, {recursive: true});
  writeFileSync(join(sources, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  const input = pushImage.input.parse({
    repository: 'loose',
    tag: 'v1',
    commit: 'c'.repeat(40),
    into: 'web',
  });
  const actions = await pushImage.plan(look(world, input), {digest: null});
  const [build, push, name] = actions as any[];
  await build.perform(world.sessions.builder.writer, signal, () => {});
  await push.perform(world.sessions.builder.writer, signal, () => {});
  const loose = world.store.repositories.get('loose');
  const theirs = {digest: `sha256:${'1'.repeat(64)}`, mediaType: 'x', bytes: Buffer.from('{}')};
  loose?.manifests.set(theirs.digest, {...theirs, pushedAt: new Date(), tags: new Set(['v1'])});

  await expect(
    name.perform(world.sessions.registry.writer, signal, () => {}),
  ).rejects.toMatchObject({
    problem: {code: 'image-tag-taken'},
  });
  expect(await pushImage.check(look(world, input))).toMatchObject({kind: 'blocked'});
  expect(await pushImage.reverse(look(world, input), {digest: null})).toMatchObject({
    kind: 'blocked',
    reason: 'loose:v1 is now another image than the one that this run has pushed.',
  });
});

test('a tag whose answer was lost is not given twice, and a lost untagging is seen by a look', async () => {
  const world = await begin();
  const sources = join(world.folder, 'builds/web');
  mkdirSync(sources, {recursive: true});
  writeFileSync(join(sources, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  const input = pushImage.input.parse({
    repository: 'web',
    tag: 'v1',
    commit: 'c'.repeat(40),
    into: 'web',
  });
  const [build, push, name] = (await pushImage.plan(look(world, input), {digest: null})) as any[];
  await build.perform(world.sessions.builder.writer, signal, () => {});
  await push.perform(world.sessions.builder.writer, signal, () => {});
  world.aws.endpoint.faults.add({service: 'ecr', operation: 'PutImage', kind: 'cut-after'});
  const lost = name.perform(world.sessions.registry.writer, signal, () => {});
  await expect(lost).rejects.toMatchObject({problem: {code: 'aws-unreachable'}});
  expect(await pushImage.check(look(world, input))).toMatchObject({kind: 'done'});
  expect(world.aws.endpoint.calls('ecr', 'PutImage')).toBe(1);

  const [keep, untag] = (await pushImage.reverse(look(world, input), {digest: null})) as any[];
  await keep.perform(world.sessions.registry.writer, signal, () => {});
  world.aws.endpoint.faults.add({service: 'ecr', operation: 'BatchDeleteImage', kind: 'cut-after'});
  await expect(
    untag.perform(world.sessions.registry.writer, signal, () => {}),
  ).rejects.toMatchObject({problem: {code: 'aws-unreachable'}});
  expect(await pushImage.check(look(world, input))).toMatchObject({
    kind: 'pending',
    before: {digest: null},
  });
  expect(await pushImage.reverse(look(world, input), {digest: null})).toEqual([]);
});
