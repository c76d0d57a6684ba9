import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {engineFailed} from './problems.ts';
import {runProgram} from './program.ts';

/** Who builds images: docker, or buildah and what understands its words (podman does). */
export type EngineKind = 'docker' | 'buildah';

export interface Engine {
  readonly kind: EngineKind;
  /** How it is started: its name, a path, or a command with options of its own. */
  readonly program: readonly [string, ...(readonly string[])];
}

export interface ImageToBuild {
  /** `host/repository:tag`. */
  readonly image: string;
  readonly containerfile: string;
  readonly context: string;
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** Who may push to a registry, for some hours. */
export interface RegistryLogin {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** The registry of a lab speaks plain HTTP. */
  readonly plainHttp: boolean;
}

const lookLimitMs = 5_000;
const loginLimitMs = 60_000;
const workLimitMs = 2 * 3_600_000;

/** Says what it is, or nothing when it is not there or cannot work. */
export async function versionOf(engine: Engine, signal: AbortSignal): Promise<string | undefined> {
  // The client of docker is there without its engine too: only the server's version shows one that works.
  const words =
    engine.kind === 'docker' ? ['version', '--format', '{{.Server.Version}}'] : ['--version'];
  const ended = await runProgram([...engine.program, ...words], {signal, limitMs: lookLimitMs});
  return ended.code === 0 ? ended.stdout.trim() : undefined;
}

export async function buildImage(
  builder: string,
  engine: Engine,
  wanted: ImageToBuild,
  login: RegistryLogin,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<void> {
  const {image, containerfile, context, platform, labels, buildArgs} = wanted;
  const words = [
    'build',
    ...['--file', containerfile, '--tag', image, '--platform', platform],
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  ];
  // Logged in: the image that it begins with may lie in the same registry.
  await loggedIn(builder, engine, login, signal, async (auth) => {
    await engineDoes(builder, engine, `build ${image}`, [...words, ...auth.words, context], {
      env: auth.env,
      signal,
      say,
    });
  });
}

/** Which digest it has there, the registry says. */
export async function pushImage(
  builder: string,
  engine: Engine,
  image: string,
  login: RegistryLogin,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<void> {
  await loggedIn(builder, engine, login, signal, async (auth) => {
    const words = ['push', ...auth.words, ...auth.insecure, image];
    await engineDoes(builder, engine, `push ${image}`, words, {env: auth.env, signal, say});
  });
}

interface Auth {
  readonly words: readonly string[];
  readonly insecure: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Logs in for one piece of work. The password goes through standard input into a folder that is gone afterwards. */
async function loggedIn(
  builder: string,
  engine: Engine,
  {host, user, password, plainHttp}: RegistryLogin,
  signal: AbortSignal,
  work: (auth: Auth) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'switcharoo-registry-'));
  const isDocker = engine.kind === 'docker';
  const file = join(folder, 'auth.json');
  const auth: Auth = {
    words: isDocker ? [] : ['--authfile', file],
    insecure: isDocker || !plainHttp ? [] : ['--tls-verify=false'],
    // What BuildKit adds by itself makes an index of a plain image (docs.docker.com, "Build attestations").
    env: isDocker ? {DOCKER_CONFIG: folder, BUILDX_NO_DEFAULT_ATTESTATIONS: '1'} : {},
  };
  const words = ['login', ...auth.words, ...auth.insecure, '--username', user, '--password-stdin'];
  try {
    const ended = await runProgram([...engine.program, ...words, host], {
      signal,
      limitMs: loginLimitMs,
      env: auth.env,
      input: password,
    });
    if (ended.code !== 0) {
      const said = ended.said.replaceAll(password, '…');
      throw new SwitcharooError(engineFailed(builder, `log in to ${host} as ${user}`, said));
    }
    await work(auth);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

async function engineDoes(
  builder: string,
  {program}: Engine,
  what: string,
  words: readonly string[],
  {
    env,
    signal,
    say,
  }: {env: Readonly<Record<string, string>>; signal: AbortSignal; say: ReportProgress},
): Promise<void> {
  const run = {signal, limitMs: workLimitMs, env, say};
  const ended = await runProgram([...program, ...words], run);
  if (ended.code !== 0) {
    const said = ended.timedOut ? `it took longer than ${workLimitMs / 60_000} min` : ended.said;
    throw new SwitcharooError(engineFailed(builder, what, said));
  }
}
