import type {Transfer, TransferEnd} from '../../hosts/index.ts';

/** So many scripts run at the same time on the host. */
const atOnce = 4;
const mostFiles = 50;
const mostBytes = 256 * 1024 * 1024;

interface Sized {
  readonly path: string;
  readonly bytes: number;
}

/** Transfers files in batches, each with URLs of its own that are signed right before. */
export async function inBatches<File extends Sized>(
  files: readonly File[],
  transferOf: (file: File) => Promise<Transfer>,
  move: (transfers: readonly Transfer[]) => Promise<readonly TransferEnd[]>,
  ended: (file: File, end: TransferEnd) => void,
): Promise<void> {
  const batches = batchesOf(files)[Symbol.iterator]();
  const worker = async () => {
    for (let next = batches.next(); !next.done; next = batches.next()) {
      const batch = next.value;
      const ends = await move(await Promise.all(batch.map(transferOf)));
      for (const [index, file] of batch.entries()) {
        const end = ends[index];
        if (end) {
          ended(file, end);
        }
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({length: atOnce}, worker));
  for (const each of workers) {
    if (each.status === 'rejected') {
      throw each.reason;
    }
  }
}

function* batchesOf<File extends Sized>(files: readonly File[]): Generator<readonly File[]> {
  let batch: File[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length === mostFiles || (batch.length > 0 && bytes + file.bytes > mostBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.bytes;
  }
  if (batch.length > 0) {
    yield batch;
  }
}
