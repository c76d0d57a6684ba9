import {createHash} from 'node:crypto';
import {z} from 'zod';
import {blocked, defineGate, done, type Look} from '../../src/index.ts';
import {type HostReader, hostGroup, type TreeFile} from '../hosts/index.ts';
import {s3Bucket} from '../s3/index.ts';
import {
  bucketText,
  directoryText,
  documentsIn,
  firstOf,
  hostFor,
  placeInput,
} from './compare/place.ts';

const targets = {hosts: hostGroup, bucket: s3Bucket};
const input = placeInput.extend({
  /** How many documents are read on both sides and compared by their SHA-256: each run chooses others. */
  sample: z.union([z.literal('all'), z.coerce.number().int().min(1)]).default(200),
});

type VerifyLook = Look<typeof targets, z.output<typeof input>>;

const hashedAtOnce = 20;

/** Whether the bucket has each document of the directory. */
export const verifyDocuments = defineGate({
  name: 'documents.verify',
  summary:
    'Check that an S3 bucket has every document of a host: by count, size, and the SHA-256 of a sample.',
  targets,
  input,
  output: z.object({
    documents: z.number(),
    bytes: z.number(),
    sampled: z.number(),
    onlyInBucket: z.number(),
  }),
  needs: {hosts: ['to read the directory'], bucket: ['s3:ListBucket', 's3:GetObject']},
  effects: [],
  expensive: true,
  neverSkip: 'Only this gate proves that the bucket has every document.',
  evidence: ({documents, bytes, sampled}) => [
    `The bucket has all ${documents} documents of the directory, ${bytes} bytes; the SHA-256 of ${sampled} of them is the same.`,
  ],
  timeoutMs: 60 * 60_000,

  async check(look) {
    const {
      input: place,
      targets: {hosts, bucket},
      signal,
    } = look;
    const host = hostFor(hosts, place);
    if ('reason' in host) {
      return host;
    }
    const [from, to] = [directoryText(host, place), bucketText(bucket, place)];
    look.stillReading?.(`reading the names in ${from} and ${to}`);
    const [tree, objects] = await Promise.all([
      host.tree(place.directory, signal),
      documentsIn(bucket, place, signal),
    ]);
    const byKey = new Map(objects.map((object) => [object.key, object]));
    const files = tree?.files ?? [];
    if (!tree || (files.length === 0 && objects.length > 0)) {
      return blocked(
        `${from} has no documents, and ${to} has ${objects.length}.`,
        `Mount the directory on ${host.name}, or correct the input "directory".`,
      );
    }
    const differing = files.filter(
      ({path, bytes}) => byKey.get(`${place.prefix}${path}`)?.bytes !== bytes,
    );
    if (differing.length > 0 || tree.unreadable.length > 0) {
      const names = [...differing.map(({path}) => path), ...tree.unreadable];
      return blocked(
        `${to} lacks ${names.length} of ${files.length} documents of ${from}, or has them with a different size: ${firstOf(names)}.`,
        'Copy them with documents.sync (in the cutover, documents.sync-last).',
      );
    }
    const sample = sampleOf(files, look);
    const wrong = await wrongIn(sample, host, look);
    if (wrong.length > 0) {
      return blocked(
        `${wrong.length} of ${sample.length} compared documents differ between ${to} and ${from}: ${firstOf(wrong)}.`,
        'Delete these objects (aws s3 rm), and copy the documents again with documents.sync.',
      );
    }
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const onlyInBucket = objects.length - files.length;
    return done(
      {documents: files.length, bytes, sampled: sample.length, onlyInBucket},
      ...(onlyInBucket > 0
        ? [
            `${to} has ${onlyInBucket === 1 ? '1 object' : `${onlyInBucket} objects`} that ${from} does not have, and that stay: documents deleted after they were copied, or objects that something else wrote.`,
          ]
        : []),
      ...(tree.others.length > 0
        ? [
            `${tree.others.length === 1 ? '1 link or other special file' : `${tree.others.length} links or other special files`} of ${from} ${tree.others.length === 1 ? 'was' : 'were'} not copied: ${firstOf(tree.others)}.`,
          ]
        : []),
    );
  },
});

/** Of the same run the same ones, so that a check that is repeated compares the same. */
function sampleOf(
  files: readonly TreeFile[],
  {input: {sample}, run}: VerifyLook,
): readonly TreeFile[] {
  if (sample === 'all' || files.length <= sample) {
    return files;
  }
  const rank = ({path}: TreeFile) => createHash('sha1').update(`${run.id} ${path}`).digest('hex');
  return files
    .map((file) => ({file, rank: rank(file)}))
    .sort((first, second) => (first.rank < second.rank ? -1 : 1))
    .slice(0, sample)
    .map(({file}) => file);
}

async function wrongIn(
  sample: readonly TreeFile[],
  host: HostReader,
  {input: {directory, prefix}, targets: {bucket}, stillReading, signal}: VerifyLook,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (let from = 0; from < sample.length; from += hashedAtOnce) {
    stillReading?.(`${from} of ${sample.length} documents of the sample compared`);
    const some = sample.slice(from, from + hashedAtOnce);
    const [here, there] = await Promise.all([
      host.hashes(
        some.map(({path}) => `${directory}/${path}`),
        'sha256',
        signal,
      ),
      Promise.all(some.map(({path}) => bucket.sha256(`${prefix}${path}`, signal))),
    ]);
    wrong.push(
      ...some.flatMap(({path}, index) =>
        here.get(`${directory}/${path}`) === there[index] ? [] : [path],
      ),
    );
  }
  return wrong;
}
