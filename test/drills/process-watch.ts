import {readdirSync, readFileSync} from 'node:fs';

const pollMs = 20;

/** Command lines and environments of all processes that the watched ones start, as anybody could read them. */
export interface ProcessWatch {
  add(pid: number): void;
  /** By what it is: `ssh command line`, `ssh environment` … */
  seen(): Readonly<Record<string, string>>;
  close(): void;
}

export function watchProcesses(): ProcessWatch {
  const roots = new Set<number>();
  const descendants = new Set<number>();
  const seen: Record<string, string> = {};
  const look = () => {
    for (const {pid, parent} of processes()) {
      if (roots.has(pid)) {
        // Its environment is where its operator put the secrets; its command line is not.
        keep(seen, pid, ['cmdline']);
      } else if (roots.has(parent) || descendants.has(parent)) {
        descendants.add(pid);
      }
      if (descendants.has(pid) && !isStillItsParent(pid, parent)) {
        keep(seen, pid, ['cmdline', 'environ']);
      }
    }
  };
  const timer = setInterval(look, pollMs);
  return {
    add: (pid) => void roots.add(pid),
    seen: () => seen,
    close: () => clearInterval(timer),
  };
}

/** Between fork and exec a process has the memory of its parent, and shows what the parent was started with. */
const isStillItsParent = (pid: number, parent: number): boolean =>
  read(`/proc/${pid}/cmdline`) === read(`/proc/${parent}/cmdline`);

function keep(seen: Record<string, string>, pid: number, files: readonly string[]): void {
  for (const file of files) {
    const text = read(`/proc/${pid}/${file}`).replaceAll('\0', '\n');
    const name = read(`/proc/${pid}/comm`).trim();
    const key = `the ${file} of ${name}`;
    if (text !== '' && !(seen[key] ?? '').includes(text)) {
      seen[key] = `${seen[key] ?? ''}${text}\n`;
    }
  }
}

function processes(): readonly {readonly pid: number; readonly parent: number}[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The name stands in parentheses and may hold spaces; the parent is the second field after it (proc(5)).
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return {pid: Number(name), parent: Number(parent)};
    });
}

/** A process may end while it is read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
