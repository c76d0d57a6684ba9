import {randomUUID} from 'node:crypto';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {FileTree, Hash, TreeFile, TreeState} from './contract.ts';

/** A page of a list. A shell's whole answer is kept, and looked through, as one text. */
const pageBytes = 500_000;
/** A directory of some million files takes minutes to walk. */
const walkLimitMs = 15 * 60_000;
const hashLimitMs = 15 * 60_000;

/** The part of a file that is being fetched has this at the start of its name. */
export const partPrefix = '.switcharoo-part-';

export async function readTreeState(
  shell: Shell,
  directory: string,
  signal: AbortSignal,
): Promise<TreeState> {
  const state = await shell.run(
    sh`if [ ! -d ${`${shell.root}${directory}`} ]; then echo no-directory
elif ! command -v curl >/dev/null; then echo no-curl
else echo ready; fi`,
    signal,
  );
  return state.trim() as TreeState;
}

/** Every file below a directory. Its list is kept on the host meanwhile: it may be longer than one answer. */
export async function readTree(
  shell: Shell,
  directory: string,
  signal: AbortSignal,
): Promise<FileTree | null> {
  const list = `/tmp/switcharoo-${randomUUID()}`;
  try {
    const walked = await shell.run(walkScript(shell.root, directory, list), signal, walkLimitMs);
    const [seconds = '', size = ''] = walked.trim().split(' ');
    if (seconds === 'absent') {
      return null;
    }
    const entries = entriesIn();
    for (let from = 0; from < Number(size); from += pageBytes) {
      const page = await shell.run(
        sh`tail -c ${`+${from + 1}`} -- ${`${list}/list`} | head -c ${`${pageBytes}`} | base64 | tr -d '\\n'`,
        signal,
      );
      entries.take(Buffer.from(page, 'base64'));
    }
    return {nowMs: Math.round(Number(seconds) * 1_000), ...entries.tree};
  } finally {
    await shell.run(sh`rm -rf -- ${list}`, AbortSignal.timeout(1_000)).catch(() => {});
  }
}

// A file that goes away while find walks is no fault of the walk (find(1)): everything else that it says is.
const walkScript = (root: string, directory: string, list: string) =>
  sh`if [ ! -d ${`${root}${directory}`} ]; then echo absent; return; fi
( umask 077; mkdir -- ${list} )
printf '%s ' "$(date +%s.%N)"
cd -- ${`${root}${directory}`}
if ! find . -mindepth 1 ! -type d ! -name ${`${partPrefix}*`} -printf '%y %s %C@ %P\\0' > ${list}/list 2> ${list}/err; then
  if grep -qv 'No such file or directory$' ${list}/err; then cat ${list}/err >&2; exit 1; fi
fi
wc -c < ${list}/list`;

/** Takes the list page by page: what is left of the last entry waits for the next page. */
function entriesIn() {
  const files: TreeFile[] = [];
  const others: string[] = [];
  const unreadable: string[] = [];
  let rest = Buffer.alloc(0);
  const add = (entry: Buffer) => {
    const text = entry.toString('utf8');
    const [, type, bytes, seconds, path = ''] = /^(\w) (\d+) ([\d.]+) (.*)$/s.exec(text) ?? [];
    if (type !== 'f') {
      others.push(path);
    } else if (!Buffer.from(text, 'utf8').equals(entry)) {
      unreadable.push(path);
    } else {
      files.push({path, bytes: Number(bytes), changedMs: Math.round(Number(seconds) * 1_000)});
    }
  };
  return {
    tree: {files, others, unreadable},
    take: (page: Buffer) => {
      const all = Buffer.concat([rest, page]);
      let from = 0;
      for (let end = all.indexOf(0); end >= 0; end = all.indexOf(0, from)) {
        add(all.subarray(from, end));
        from = end + 1;
      }
      rest = Buffer.from(all.subarray(from));
    },
  };
}

/** The digests of files, read on the host. */
export async function readHashes(
  shell: Shell,
  paths: readonly string[],
  hash: Hash,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) {
    return new Map();
  }
  const program = `${hash}sum`;
  const output = await shell.run(
    sh`for path in ${paths.map((path) => `${shell.root}${path}`)}; do
  if [ -f "$path" ]; then ${program} < "$path" | cut -d ' ' -f 1; else echo -; fi
done`,
    signal,
    hashLimitMs,
  );
  const digests = output.trim().split('\n');
  return new Map(
    paths.flatMap((path, index) => {
      const digest = digests[index] ?? '-';
      return digest === '-' ? [] : [[path, digest] as const];
    }),
  );
}
