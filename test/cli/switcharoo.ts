import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {endWithTest} from '../end-with-test.ts';
import {undescribedIn} from './printed-documents.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin/switcharoo.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Throws when a line that `--json` printed is not as its schema says. */
  readonly ended: Promise<Ended>;
  /** Resolves once the text was printed on stdout, or there; throws when the process ends before. */
  said(text: string, stream?: 'stdout' | 'stderr'): Promise<void>;
}

/** A state folder of its own, in which the real command line is started without a terminal. */
export interface Desk {
  readonly stateFolder: string;
  start(...words: readonly string[]): Started;
  run(...words: readonly string[]): Promise<Ended>;
  /** Ends the lab, if one is up, and removes the folder. */
  clear(): Promise<void>;
}

/** `folder`: where the command line is started. */
export function openDesk(folder = root): Desk {
  const stateFolder = mkdtempSync(join(tmpdir(), 'switcharoo-test-'));
  const running = new Set<ChildProcess>();
  const start = (...words: readonly string[]): Started => {
    const args = [program, '--state-dir', stateFolder, ...words];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      // A lab is a process of its own, and outlives the command that starts it.
      env: {...process.env, LAB_ENDS_WITH: `${process.pid}`},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithTest(child);
    running.add(child);
    child.once('exit', () => running.delete(child));
    return watch(child, words);
  };
  const run = (...words: readonly string[]) => start(...words).ended;
  return {
    stateFolder,
    start,
    run,
    clear: async () => {
      for (const child of running) {
        child.kill('SIGKILL');
      }
      await run('lab', 'down');
      rmSync(stateFolder, {recursive: true, force: true});
    },
  };
}

/** The last of the JSON documents that were printed. */
export function lastDocument({stdout}: Ended): any {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
}

function watch(child: ChildProcess, words: readonly string[]): Started {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) {
      listener();
    }
  };
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
    tell();
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
    tell();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('close', (code, signal) => {
      const undescribed = undescribedIn({words, stdout, isWhole: code !== null});
      if (undescribed.length === 0) {
        resolve({code, signal, stdout, stderr});
      } else {
        reject(new Error(`switcharoo ${words.join(' ')}\n${undescribed.join('\n')}`));
      }
    });
  });
  return {
    child,
    ended,
    said: (text, stream = 'stdout') =>
      new Promise((resolve, reject) => {
        const look = () => {
          if ((stream === 'stdout' ? stdout : stderr).includes(text)) {
            listeners.delete(look);
            resolve();
          }
        };
        listeners.add(look);
        look();
        ended.then(
          ({code}) => reject(new Error(`ended with ${code} before "${text}":\n${stdout}${stderr}`)),
          reject,
        );
      }),
  };
}
