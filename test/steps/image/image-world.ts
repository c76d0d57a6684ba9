import {execFileSync, spawnSync} from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createEcr} from '../../../lab/aws/ecr.ts';
import {createS3, type S3} from '../../../lab/aws/s3.ts';
import {type Registry, startRegistry} from '../../../lab/registry/http.ts';
import {createStore, type RegistryStore} from '../../../lab/registry/store.ts';
import {ecrRegistry} from '../../../steps/ecr/target.ts';
import {imageBuilder} from '../../../steps/image/target.ts';
import {s3Bucket} from '../../../steps/s3/target.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {labBuilder} from '../../lab/lab-builder.ts';

/** A repository of git, a bucket, a registry, and a folder to build in. */
export interface BuildWorld {
  /** All of it. */
  readonly folder: string;
  readonly url: string;
  readonly s3: S3;
  readonly store: RegistryStore;
  readonly registry: Registry;
  readonly aws: Started;
  readonly sessions: Awaited<ReturnType<typeof openSessions>>;
  /** Commits one file to the branch, and says the commit. */
  commit(branch: string, path: string, content: string): string;
  git(...args: readonly string[]): string;
  close(): Promise<void>;
}

/**
 * What git has of a clone, without its objects: where it stands, all names, the marks of the steps, and whether its
 * history is cut off.
 */
export function gitStateOf(folder: string): unknown {
  const git = (...args: readonly string[]) => {
    const {stdout} = spawnSync('git', ['-C', folder, ...args], {encoding: 'utf8', env: gitEnv});
    return stdout.split('\n').filter(Boolean);
  };
  return existsSync(join(folder, '.git'))
    ? {
        head: git('symbolic-ref', '-q', 'HEAD').concat(git('rev-parse', 'HEAD')),
        refs: git('for-each-ref', '--format=%(refname) %(objectname)'),
        marks: git('config', '--local', '--get-regexp', '^switcharoo\\.'),
        history: git('rev-list', '--count', 'HEAD'),
        changed: git('status', '--porcelain', '--ignored'),
      }
    : null;
}

/** What lies below a folder: contents and modes, without what belongs to git and to the steps themselves. */
export function filesBelow(folder: string, below = ''): Readonly<Record<string, string>> {
  const here = join(folder, below);
  const names = readdirSync(here).filter((name) => name !== '.git' && name !== '.kept');
  return Object.assign(
    {},
    ...names.map((name) => {
      const path = join(below, name);
      const stat = lstatSync(join(folder, path));
      return stat.isDirectory()
        ? {[`${path}/`]: 'folder', ...filesBelow(folder, path)}
        : {[path]: `${(stat.mode & 0o777).toString(8)} ${readFileSync(join(folder, path))}`};
    }),
  );
}

export async function startBuildWorld(
  options: {readonly git?: boolean; program?(folder: string): readonly string[]} = {},
): Promise<BuildWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-build-'));
  const origin = join(folder, 'origin');
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', origin, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: gitEnv,
    }).trim();
  mkdirSync(origin);
  const commit = (branch: string, path: string, content: string) => {
    if (branch !== git('symbolic-ref', '--short', 'HEAD')) {
      git('checkout', '--quiet', '-B', branch);
    }
    mkdirSync(dirname(join(origin, path)), {recursive: true});
    writeFileSync(join(origin, path), content);
    git('add', '--all');
    git('commit', '--quiet', '--message', `Change ${path}`);
    return git('rev-parse', 'HEAD');
  };
  if (options.git) {
    git('init', '--quiet', '--initial-branch', 'master');
    commit('master', 'Dockerfile', 'FROM scratch\nCOPY app config /srv/\nCMD ["/srv/app"]\n');
    commit('master', 'app/main', 'first\n');
  }

  const s3 = createS3({buckets: {config: {'web/tls/key.pem': 'PRIVATE', 'web/app.json': '{}'}}});
  const store = createStore([{name: 'web', immutable: true}, {name: 'loose'}]);
  const registry = await startRegistry(store);
  const aws = await started(s3, createEcr({store, host: registry.host}));
  const own = [...labBuilder(), '--root', join(folder, 'images')];
  const sessions = await openSessions(aws, folder, options.program?.(folder) ?? own);
  return {
    folder,
    url: origin,
    s3,
    store,
    registry,
    aws,
    sessions,
    commit,
    git,
    close: async () => {
      await Promise.all(Object.values(sessions).map((session) => session.close()));
      await aws[Symbol.asyncDispose]();
      await registry.stop();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

const gitEnv = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@lab',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@lab',
  // The same commits in each world.
  GIT_AUTHOR_DATE: '2026-03-01T03:00:00Z',
  GIT_COMMITTER_DATE: '2026-03-01T03:00:00Z',
};

async function openSessions({config}: Started, folder: string, program: readonly string[]) {
  const signal = new AbortController().signal;
  const builder = {folder: join(folder, 'builds'), engine: 'buildah', program};
  return {
    builder: await imageBuilder.open(imageBuilder.config.parse(builder), {name: 'builder', signal}),
    bucket: await s3Bucket.open(s3Bucket.config.parse({...config, bucket: 'config'}), {
      name: 'config',
      signal,
    }),
    registry: await ecrRegistry.open(ecrRegistry.config.parse(config), {name: 'images', signal}),
  };
}
