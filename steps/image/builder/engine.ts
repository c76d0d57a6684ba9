import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {engineFailed} from './problems.ts';
import {runProgram} from './program.ts';

/** What builds images: docker, or buildah and programs that take its arguments, such as podman. */
export type EngineKind = 'docker' | 'buildah';

export interface Engine {
  readonly kind: EngineKind;
  /** The command that starts it: its name, a path, or a command with options. */
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

/** The login of a registry, for some hours. */
export interface RegistryLogin {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** The registry of a lab speaks plain HTTP. */
  readonly plainHttp: boolean;
}

const checkLimitMs = 5_000;
const loginLimitMs = 60_000;
const workLimitMs = 2 * 3_600_000;

/** The version of an engine; nothing where it is missing or does not work. */
export async function versionOf(engine: Engine, signal: AbortSignal): Promise<string | undefined> {
  // Docker's client may be installed without its engine: only the server's version shows that it works.
  const args =
    engine.kind === 'docker' ? ['version', '--format', '{{.Server.Version}}'] : ['--version'];
  const end = await runProgram([...engine.program, ...args], {signal, limitMs: checkLimitMs});
  return end.code === 0 ? end.stdout.trim() : undefined;
}

/** One engine at work. `builder`: `builder here`, for problems. */
export class ImageEngine {
  readonly #builder: string;
  readonly #engine: Engine;

  constructor(builder: string, engine: Engine) {
    this.#builder = builder;
    this.#engine = engine;
  }

  async build(
    build: ImageToBuild,
    login: RegistryLogin,
    signal: AbortSignal,
    report: ReportProgress,
  ): Promise<void> {
    const {image, containerfile, context, platform, labels, buildArgs} = build;
    const args = [
      'build',
      ...['--file', containerfile, '--tag', image, '--platform', platform],
      ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      ...Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ];
    // Logged in: its base image may be in the same registry.
    await this.#loggedIn(login, signal, async (auth) => {
      const {env} = auth;
      await this.#run(`build ${image}`, [...args, ...auth.args, context], {env, signal, report});
    });
  }

  /** The registry gives the image its digest. */
  async push(
    image: string,
    login: RegistryLogin,
    signal: AbortSignal,
    report: ReportProgress,
  ): Promise<void> {
    await this.#loggedIn(login, signal, async (auth) => {
      const args = ['push', ...auth.args, ...auth.insecure, image];
      await this.#run(`push ${image}`, args, {env: auth.env, signal, report});
    });
  }

  /**
   * Logs in for one piece of work. The password goes through standard input into a folder that is removed afterwards.
   */
  async #loggedIn(
    {host, user, password, plainHttp}: RegistryLogin,
    signal: AbortSignal,
    work: (auth: Auth) => Promise<void>,
  ): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'switcharoo-registry-'));
    const auth = authIn(folder, this.#engine, plainHttp);
    const options = [...auth.args, ...auth.insecure, '--username', user, '--password-stdin'];
    try {
      const end = await runProgram([...this.#engine.program, 'login', ...options, host], {
        signal,
        limitMs: loginLimitMs,
        env: auth.env,
        input: password,
      });
      if (end.code !== 0) {
        const reason = end.message.replaceAll(password, '…');
        throw new SwitcharooError(
          engineFailed(this.#builder, `log in to ${host} as ${user}`, reason),
        );
      }
      await work(auth);
    } finally {
      await rm(folder, {recursive: true, force: true});
    }
  }

  async #run(
    what: string,
    args: readonly string[],
    options: {
      readonly env: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
      readonly report: ReportProgress;
    },
  ): Promise<void> {
    const {code, timedOut, message} = await runProgram([...this.#engine.program, ...args], {
      ...options,
      limitMs: workLimitMs,
    });
    if (code !== 0) {
      const reason = timedOut ? `it took longer than ${workLimitMs / 60_000} min` : message;
      throw new SwitcharooError(engineFailed(this.#builder, what, reason));
    }
  }
}

interface Auth {
  readonly args: readonly string[];
  readonly insecure: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function authIn(folder: string, {kind}: Engine, plainHttp: boolean): Auth {
  return kind === 'docker'
    ? {
        args: [],
        insecure: [],
        // The attestations that BuildKit adds turn a plain image into an index (docs.docker.com, "Build attestations").
        env: {DOCKER_CONFIG: folder, BUILDX_NO_DEFAULT_ATTESTATIONS: '1'},
      }
    : {
        args: ['--authfile', join(folder, 'auth.json')],
        insecure: plainHttp ? ['--tls-verify=false'] : [],
        env: {},
      };
}
