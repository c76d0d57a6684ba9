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
import {s3Bucket} from '../s3/index.ts';
import {digestOf, type FilePrint} from './builder/files.ts';
import {imageBuilder} from './target.ts';

const targets = {bucket: s3Bucket, builder: imageBuilder};

const input = z.object({
  /** Every object whose key begins with it is fetched, and named by the rest of its key. */
  prefix: z.string().min(1),
  /** The folder, in that of the builder. */
  into: z.string().regex(/^[\w@-][\w.@/-]*$/),
  /** Only the owner of the folder may read certificates. */
  mode: z
    .string()
    .regex(/^[0-7]{3}$/)
    .default('600'),
  /** False where the image exists already. */
  needed: z.boolean().default(true),
});

const print = z.object({digest: z.string(), mode: z.number()});
/** Without contents, which may be keys: only the first digits of their digests. */
const before = z.object({
  files: z.array(z.object({path: z.string(), was: print.nullable()})),
});
type Before = z.output<typeof before>;

type FetchLook = Look<typeof targets, z.output<typeof input>>;
type FetchAction = Action<typeof targets>;

interface FetchedFile {
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
  reverses: 'Removes the fetched files, and restores the files that they replaced.',
  needs: {bucket: ['s3:ListBucket', 's3:GetObject'], builder: ['to write the folder']},
  effects: [],
  timeoutMs: 5 * 60_000,

  async check(look) {
    const files = look.input.needed ? await filesToFetch(look) : [];
    if ('reason' in files) {
      return files;
    }
    const changed = files.filter((file) => isChanged(look, file));
    return changed.length === 0
      ? done({files: files.map(({path}) => path)})
      : pending(
          {files: files.map(({path, is}) => ({path, was: is}))},
          ...changed.map(({key, path, bytes, is}) => ({
            what: path,
            is: is ? `${is.digest}, mode ${is.mode.toString(8)}` : 'missing',
            shouldBe: `as ${key}: ${digestOf(bytes)}, ${bytes.length} bytes, mode ${look.input.mode}`,
          })),
        );
  },

  async plan(look) {
    const files = await filesToFetch(look);
    return 'reason' in files
      ? []
      : files.filter((file) => isChanged(look, file)).map((file) => fetching(look, file));
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
      if (was && is?.digest !== was.digest && !(await builder.hasCopy(was.digest))) {
        return blocked(
          `The copy of the earlier ${path} (${was.digest}) on ${builder.name} is missing.`,
          'Write the earlier file there yourself, then reverse again.',
        );
      }
      actions.push(restoring(path, was));
    }
    return actions;
  },
});

const isChanged = (look: FetchLook, {bytes, is}: FetchedFile): boolean =>
  is?.digest !== digestOf(bytes) || is.mode !== modeOf(look);

const modeOf = ({input: {mode}}: FetchLook): number => Number.parseInt(mode, 8);

async function filesToFetch({
  input: {prefix, into},
  targets: {bucket, builder},
  signal,
}: FetchLook): Promise<readonly FetchedFile[] | Blocked> {
  const keys = (await bucket.keys(prefix, signal)).filter((key) => !key.endsWith('/'));
  if (keys.length === 0) {
    return blocked(
      `The ${bucket.name} has no object whose key begins with ${prefix}.`,
      'Upload the configuration, or correct the prefix in the inventory.',
    );
  }
  const unsafe = keys.find((key) => !isSafe(fileName(key, prefix)));
  if (unsafe !== undefined) {
    return blocked(
      `The object ${unsafe} of the ${bucket.name} would be written outside the folder ${into}, or into a .git in it.`,
      'Rename the object, or choose a prefix that does not end in the middle of a name.',
    );
  }
  return Promise.all(
    keys.map(async (key) => {
      const path = `${into}/${fileName(key, prefix)}`;
      const [bytes, is] = await Promise.all([
        bucket.read(key, signal),
        builder.print(path, signal),
      ]);
      return {key, path, bytes, is};
    }),
  );
}

const fileName = (key: string, prefix: string): string =>
  key === prefix ? (key.split('/').at(-1) ?? key) : key.slice(prefix.length).replace(/^\//, '');

/** Nothing is written into `.git`: git would run its hooks, and follow its configuration. */
const isSafe = (name: string): boolean =>
  name !== '' &&
  name.split('/').every((part) => !['', '.', '..'].includes(part) && part.toLowerCase() !== '.git');

const fetching = (look: FetchLook, {key, path, bytes, is}: FetchedFile): FetchAction => ({
  on: 'builder',
  does: `write ${path} from ${key} (${digestOf(bytes)}), mode ${look.input.mode}`,
  perform: async (builder, signal) => {
    if (is && is.digest !== digestOf(bytes)) {
      await builder.keep(path, signal);
    }
    await builder.write(path, bytes, modeOf(look), signal);
  },
});

const restoring = (path: string, was: Before['files'][number]['was']): FetchAction => ({
  on: 'builder',
  does: was ? `restore the earlier ${path} (${was.digest})` : `remove ${path}`,
  perform: (builder, signal) => builder.restoreFile(path, was, signal),
});
