import {execFile, execFileSync, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Registry, startRegistry} from '../../lab/registry/http.ts';
import {createStore, manifestAt, type RegistryStore} from '../../lab/registry/store.ts';
import {labBuilder} from './lab-builder.ts';

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
};

let folder: string;
let store: RegistryStore;
let registry: Registry;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-registry-'));
  store = createStore([{name: 'web'}, {name: 'team/fixed', immutable: true}]);
  registry = await startRegistry(store);
  mkdirSync(join(folder, 'context/app'), {recursive: true});
  writeFileSync(join(folder, 'context/app/main.js'), 'console.log(1);\n');
  writeFileSync(
    join(folder, 'context/Containerfile'),
    'FROM scratch\nCOPY app /srv/app\nENV SIDE=new\nCMD ["/srv/app/main.js"]\n',
  );
});

afterAll(async () => {
  await registry.stop();
  rmSync(folder, {recursive: true, force: true});
});

const builders = [
  {name: "the lab's own builder", program: [...labBuilder()], there: true},
  {
    name: 'buildah',
    program: ['buildah', '--storage-driver', 'vfs', '--runroot', 'run'],
    there: has('buildah'),
  },
];

describe.each(builders)('an image of $name', ({name, program, there}) => {
  const [command = '', ...first] = program;
  const run = async (words: readonly string[], input = '') => {
    const root = join(folder, encodeURIComponent(name));
    const child = spawn(command, [...first, '--root', root, ...words], {cwd: folder});
    child.stdin.end(input);
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return {code, said: Buffer.concat(said).toString()};
  };
  const auth = join('auth.json');
  const insecure = '--tls-verify=false';
  const login = (password: string) => [
    'login',
    ...['--authfile', auth, insecure, '--username', 'AWS', '--password-stdin', registry.host],
    password,
  ];
  const loggingIn = (password: string) => run(login(password).slice(0, -1), password);
  const push = (image: string) =>
    run(['push', '--authfile', auth, insecure, '--digestfile', 'digest', image]);
  const build = (image: string, label: string) =>
    run([
      'build',
      ...(name === 'buildah' ? ['--isolation', 'chroot'] : []),
      ...['--file', 'context/Containerfile', '--tag', image, '--label', label, 'context'],
    ]);

  test.skipIf(!there)('is pushed with all its layers, under its tag', async () => {
    const image = `${registry.host}/web:master.${builders.length}`;
    expect((await loggingIn('not the password')).code).not.toBe(0);
    expect(await loggingIn(store.password)).toMatchObject({code: 0});
    expect(await build(image, 'revision=abc')).toMatchObject({code: 0});
    expect(await push(image)).toMatchObject({code: 0});

    const {repositories} = store;
    const web = repositories.get('web');
    const pushed = web && manifestAt(web, `master.${builders.length}`);
    const manifest = JSON.parse(Buffer.from(pushed?.bytes ?? []).toString());
    expect(manifest.layers.length).toBeGreaterThan(0);
    const config = JSON.parse(Buffer.from(web?.blobs.get(manifest.config.digest) ?? []).toString());
    expect(config.config).toMatchObject({
      Cmd: ['/srv/app/main.js'],
      Env: expect.arrayContaining(['SIDE=new']),
      Labels: expect.objectContaining({revision: 'abc'}),
    });
    expect(await listOf(web?.blobs.get(manifest.layers[0].digest))).toContain('srv/app/main.js');
  });

  test.skipIf(!there)('does not take over a tag of an immutable repository', async () => {
    const image = `${registry.host}/team/fixed:${encodeURIComponent(name).slice(0, 5)}.1`;
    await loggingIn(store.password);
    await build(image, 'revision=one');
    expect(await push(image)).toMatchObject({code: 0});
    expect(await push(image), 'the same once more').toMatchObject({code: 0});
    await build(image, 'revision=two');
    const refused = await push(image);
    expect(refused.code).not.toBe(0);
    expect(refused.said).toContain('cannot be overwritten because the tag is immutable');
  });
});

/** By the system's own tar: the archive must be one to others, too. */
async function listOf(layer: Uint8Array | undefined): Promise<string> {
  const file = join(folder, 'layer.tar.gz');
  writeFileSync(file, layer ?? '');
  return (await promisify(execFile)('tar', ['-tzf', file])).stdout;
}
