import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {isAbsolute, join} from 'node:path';
import type {LabProcess, Processes} from '../processes.ts';
import {textOf} from '../text-of.ts';
import {type CommandReply, failed, type HostCommand, notSupported, succeeded} from './command.ts';
import {type ProcessGroup, type ProcessInfo, processGroup} from './process-group.ts';

interface CronOptions {
  readonly host: string;
  readonly root: string;
  readonly processes: Processes;
  /** The accounts of the host, with their crontabs; an empty text means none. */
  readonly crontabs: Readonly<Record<string, string>>;
  /** The files of /etc/cron.d, by name. */
  readonly cronFiles: Readonly<Record<string, string>>;
  /**
   * The length of cron's minute in the lab. A line `* * * * * command` runs that often; the other fields are compared
   * with a clock that advances by a minute each time.
   */
  readonly minuteMs: number;
}

interface Job {
  readonly user: string;
  readonly schedule: readonly string[];
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A host's cron: it reads real files each minute and runs jobs as real processes. */
export class Cron {
  readonly #options: CronOptions;
  readonly #spool: string;
  readonly #cronFiles: string;
  readonly #groups: ReadonlyMap<string, ProcessGroup>;
  readonly #running = new Map<LabProcess, string>();
  #ticking: NodeJS.Timeout | null = null;
  #clock = Date.now();

  constructor(options: CronOptions) {
    this.#options = options;
    this.#spool = join(options.root, 'var/spool/cron/crontabs');
    this.#cronFiles = join(options.root, 'etc/cron.d');
    this.#groups = new Map(
      Object.keys(options.crontabs).map((user) => [
        user,
        processGroup(`${options.root} cron ${user}`),
      ]),
    );
    mkdirSync(this.#spool, {recursive: true});
    mkdirSync(this.#cronFiles, {recursive: true});
    for (const [user, text] of Object.entries(options.crontabs).filter(([, text]) => text !== '')) {
      writeFileSync(join(this.#spool, user), text, {mode: 0o600});
    }
    for (const [name, text] of Object.entries(options.cronFiles)) {
      writeFileSync(join(this.#cronFiles, name), text, {mode: 0o644});
    }
  }

  start(): void {
    this.#ticking = setInterval(() => this.#tick(), this.#options.minuteMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking ?? undefined);
    await Promise.all([...this.#groups.values()].map((group) => group.end(1_000)));
    await Promise.all([...this.#running.keys()].map(({exited}) => exited));
  }

  /** The shells of the running jobs. */
  jobs(user: string): readonly number[] {
    return [...this.#running].filter(([, owner]) => owner === user).map(([{pid}]) => pid);
  }

  /** All processes of jobs, with the user that each belongs to. */
  processes(): readonly (ProcessInfo & {readonly user: string})[] {
    return [...this.#groups].flatMap(([user, group]) =>
      group.members().map((each) => ({...each, user})),
    );
  }

  /** crontab(1) as root: `-l`, `-r`, a file or `-`, all with `-u USER`. */
  crontab(command: HostCommand): CommandReply {
    const {user, words} = argumentsOf(command.args);
    if (!(user in this.#options.crontabs)) {
      return failed(`crontab:  user \`${user}' unknown`);
    }
    const path = join(this.#spool, user);
    const [word = '-'] = words;
    if ((word === '-l' || word === '-r') && !existsSync(path)) {
      return failed(`no crontab for ${user}`);
    }
    switch (word) {
      case '-l':
        return succeeded(readFileSync(path, 'utf8'));
      case '-r':
        rmSync(path);
        return succeeded();
      case '-':
        return install(path, '-', command.input);
      default:
        return word.startsWith('-')
          ? notSupported(command)
          : install(
              path,
              word,
              readFileSync(isAbsolute(word) ? word : join(command.cwd, word), 'utf8'),
            );
    }
  }

  #tick(): void {
    this.#clock += 60_000;
    const now = new Date(this.#clock);
    for (const job of this.#jobsOnDisk().filter(({schedule}) => isDue(schedule, now))) {
      this.#run(job);
    }
  }

  #run({user, command, env}: Job): void {
    const {host, processes} = this.#options;
    const job = processes.spawn(`${host}-cron-${user}`, '/bin/sh', ['-c', command], {
      env: {LOGNAME: user, SHELL: '/bin/sh', ...env, ...this.#groups.get(user)?.marker},
    });
    this.#running.set(job, user);
    void job.exited.then(() => this.#running.delete(job));
  }

  #jobsOnDisk(): readonly Job[] {
    // A crontab that is being replaced lies beside it under a name with a leading dot, which cron ignores.
    const crontabs = readdirSync(this.#spool)
      .filter((user) => !user.startsWith('.'))
      .flatMap((user) => jobsIn(textOf(join(this.#spool, user)) ?? '', user));
    // Debian's cron ignores a file with a dot in its name (cron(8)).
    const files = readdirSync(this.#cronFiles)
      .filter((name) => /^[\w-]+$/.test(name))
      .flatMap((name) => jobsIn(textOf(join(this.#cronFiles, name)) ?? '', null));
    return [...crontabs, ...files];
  }
}

function argumentsOf(args: readonly string[]) {
  const at = args.indexOf('-u');
  const words = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  return {user: at < 0 ? 'root' : (args[at + 1] ?? ''), words};
}

function install(path: string, name: string, text: string): CommandReply {
  if (!text.endsWith('\n')) {
    return failed("new crontab file is missing newline before EOF, can't install.");
  }
  const badLine = text
    .split('\n')
    .findIndex((line) => isActive(line) && !/^\s*(@\w+\s+\S|(\S+\s+){5}\S)/.test(line));
  if (badLine >= 0) {
    return failed(`"${name}":${badLine + 1}: bad minute\nerrors in crontab file, can't install.`);
  }
  writeFileSync(path, text, {mode: 0o600});
  return succeeded();
}

const setting = /^\s*(\w+)\s*=\s*(.*)$/;
const isActive = (line: string) => line.trim() !== '' && !/^\s*#/.test(line) && !setting.test(line);

/** In /etc/cron.d a sixth field names the user; in a user's crontab there is none (crontab(5)). */
function jobsIn(text: string, owner: string | null): readonly Job[] {
  const lines = text.split('\n');
  const settings = lines.filter((line) => !/^\s*#/.test(line)).map((line) => setting.exec(line));
  const env = Object.fromEntries(
    settings.flatMap((match) =>
      match ? [[match[1], match[2]?.trim().replace(/^(["'])(.*)\1$/, '$2')]] : [],
    ),
  );
  return lines.filter(isActive).map((line) => {
    const fields = line.trim().split(/\s+/);
    const before = owner === null ? 6 : 5;
    return {
      user: owner ?? fields[5] ?? 'root',
      schedule: fields.slice(0, 5),
      command: line.trim().replace(new RegExp(`^(\\S+\\s+){${before}}`), ''),
      env,
    };
  });
}

function isDue(schedule: readonly string[], now: Date): boolean {
  const clock = [now.getMinutes(), now.getHours(), now.getDate(), now.getMonth() + 1, now.getDay()];
  return clock.every((value, index) => covers(schedule[index] ?? '*', value));
}

function covers(field: string, value: number): boolean {
  return field.split(',').some((part) => {
    const [range = '*', step] = part.split('/');
    const [first, last] = range === '*' ? [0, 59] : range.split('-').map(Number);
    const inside = value >= (first ?? 0) && value <= (last ?? first ?? 59);
    return inside && (step === undefined || (value - (first ?? 0)) % Number(step) === 0);
  });
}
