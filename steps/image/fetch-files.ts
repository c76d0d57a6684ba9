import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
} from '../../src/index.ts';
import {s3Bucket} from '../s3/target.ts';
import {digestOf, type FilePrint} from './builder/files.ts';
import {imageBuilder} from './target.ts';

const targets = {bucket: s3Bucket, builder: imageBuilder};

const input = z.object({
  /** Everything whose key begins with it is fetched, and called by the rest of its key. */
  prefix: z.string().min(1),
  /** The folder, below that of the builder. */
  into: z.string().regex(/^[\w@-][\w.@/-]*$/),
  /** Certificates are nobody else's business. */
  mode: z
    .string()
    .regex(/^[0-7]{3}$/)
    .default('600'),
  /** False where the image is there already. */
  needed: z.boolean().default(true),
});

const print = z.object({digest: z.string(), mode: z.number()});
/** Contents may be keys: only the beginnings of their digests are kept. */
const before = z.object({
  files: z.array(z.object({path: z.string(), was: print.nullable()})),
});
type Before = z.output<typeof before>;

type FetchLook = Look<typeof targets, z.output<typeof input>>;
type FetchAction = Action<typeof targets>;

interface Wanted {
  readonly key: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly is: FilePrint | null;
}

/** Fetches configuration and certificates from S3 to where an image is built. */
export const fetchFiles = defineStep({
  name: 'image.fetch-files',
  summary: 'Fetch configuration and certificates from S3 to where an image is built.',
  targets,
  input,
  before,
  output: z.object({files: z.array(z.string())}),
  reverses: 'Removes the fetched files, and puts back those that they replaced.',
  needs: {bucket: ['s3:ListBucket', 's3:GetObject'], builder: ['to write the folder']},
  timeoutMs: 5 * 60_000,

  async check(look) {
    const found = look.input.needed ? await wantedFiles(look) : [];
    if ('reason' in found) {
      return found;
    }
    const mode = modeOf(look);
    const other = found.filter(({bytes, is}) => is?.digest !== digestOf(bytes) || is.mode !== mode);
    return other.length === 0
      ? done({files: found.map(({path}) => path)})
      : pending(
          {files: found.map(({path, is}) => ({path, was: is}))},
          ...other.map(({key, path, bytes, is}) => ({
            what: path,
            is: is ? `${is.digest}, mode ${is.mode.toString(8)}` : 'not there',
            shouldBe: `as ${key}: ${digestOf(bytes)}, ${bytes.length} bytes, mode ${look.input.mode}`,
          })),
        );
  },

  async plan(look) {
    const found = await wantedFiles(look);
    if ('reason' in found) {
      return [];
    }
    const mode = modeOf(look);
    return found
      .filter(({bytes, is}) => is?.digest !== digestOf(bytes) || is.mode !== mode)
      .map((file) => fetching(look, file));
  },

  async reverse(look, {files}) {
    const {
      targets: {builder},
      signal,
    } = look;
    const actions: FetchAction[] = [];
    for (const {path, was} of files) {
      const is = await builder.print(path, signal);
      if (is?.digest === was?.digest && is?.mode === was?.mode) {
        continue;
      }
      if (was && is?.digest !== was.digest && !(await builder.isKept(was.digest))) {
        return blocked(
          `The copy that was kept of ${path} (${was.digest}) is not on ${builder.name} any more.`,
          'Put the file back from where you have it, and go back again.',
        );
      }
      actions.push(puttingBack(path, was));
    }
    return actions;
  },
});

const modeOf = ({input: {mode}}: FetchLook): number => Number.parseInt(mode, 8);

async function wantedFiles({
  input: {prefix, into},
  targets: {bucket, builder},
  signal,
}: FetchLook): Promise<readonly Wanted[] | Blocked> {
  const keys = (await bucket.keys(prefix, signal)).filter((key) => !key.endsWith('/'));
  if (keys.length === 0) {
    return blocked(
      `The ${bucket.name} has no object whose key begins with ${prefix}.`,
      'Put the configuration there, or correct the prefix in the inventory.',
    );
  }
  const strange = keys.find((key) => !isPlain(nameOf(key, prefix)));
  if (strange !== undefined) {
    return blocked(
      `The key ${strange} of the ${bucket.name} would lie outside of the folder ${into}, or in a .git of it.`,
      'Rename the object, or choose a prefix that does not end in the middle of a name.',
    );
  }
  return Promise.all(
    keys.map(async (key) => {
      const path = `${into}/${nameOf(key, prefix)}`;
      const [bytes, is] = await Promise.all([
        bucket.read(key, signal),
        builder.print(path, signal),
      ]);
      return {key, path, bytes, is};
    }),
  );
}

const nameOf = (key: string, prefix: string): string =>
  key === prefix ? (key.split('/').at(-1) ?? key) : key.slice(prefix.length).replace(/^\//, '');

/** What lies in `.git` is git's: it runs its hooks, and does what its configuration says. */
const isPlain = (name: string): boolean =>
  name !== '' &&
  name.split('/').every((part) => !['', '.', '..'].includes(part) && part.toLowerCase() !== '.git');

const fetching = (look: FetchLook, {key, path, bytes, is}: Wanted): FetchAction => ({
  on: 'builder',
  does: `write ${path} as ${key} has it (${digestOf(bytes)}), mode ${look.input.mode}`,
  perform: async (builder, signal) => {
    if (is && is.digest !== digestOf(bytes)) {
      await builder.keep(path, signal);
    }
    await builder.write(path, bytes, modeOf(look), signal);
  },
});

const puttingBack = (path: string, was: Before['files'][number]['was']): FetchAction => ({
  on: 'builder',
  does: was ? `put ${path} back as it was (${was.digest})` : `remove ${path}`,
  perform: (builder, signal) => builder.putBack(path, was, signal),
});
