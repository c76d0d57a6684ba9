import type {Observation} from '../../../src/index.ts';
import type {Worst} from '../../aws/index.ts';
import type {LeastCapacity} from '../contract.ts';
import type {AuroraCheck} from './check.ts';

const gib = 1_024 ** 3;

/** Storage and memory of the writer, as CloudWatch has measured them. */
export const capacityChecks: readonly AuroraCheck[] = [
  leastCapacity('local-storage-low', ({localStorage}) => localStorage, {
    leastBytes: 5 * gib,
    what: 'local storage (FreeLocalStorage)',
    expects: 'The writer always had 5 GiB or more of local storage left in the last day.',
    consequence:
      'Temporary tables, sorting and index builds use it: when it is full they fail, even if the volume has space.',
    fix: 'Use a larger instance class, or shorten the queries that fill it.',
  }),
  leastCapacity('memory-low', ({memory}) => memory, {
    leastBytes: gib / 2,
    what: 'memory (FreeableMemory)',
    expects: 'The writer always had 512 MiB or more of memory left in the last day.',
    consequence: 'With the load of the source added, the server may run out of memory and restart.',
    fix: 'Use a larger instance class, or lower innodb_buffer_pool_size in the parameter group.',
  }),
];

/** The check only warns: a metric that cannot be read is reported, and stops nothing. */
function leastCapacity(
  name: string,
  select: (capacity: LeastCapacity) => Worst,
  {
    leastBytes,
    what,
    ...words
  }: Pick<AuroraCheck, 'expects' | 'consequence' | 'fix'> & {leastBytes: number; what: string},
): AuroraCheck {
  return {
    name,
    severity: 'warns',
    looksAt: 'cluster',
    ...words,
    find: async ({reader, cluster, aurora: {signal}}): Promise<readonly Observation[]> => {
      const writer = (await cluster())?.writer;
      if (!writer) {
        return [];
      }
      const left = select(await reader.leastCapacity(writer.identifier, signal));
      const subject = `cluster ${reader.clusterIdentifier} has a writer ${writer.identifier}`;
      if (left.kind === 'not-measured') {
        return [{is: `${subject} whose ${what} is unknown: ${left.why}`}];
      }
      return left.value < leastBytes
        ? [
            {
              is: `${subject} that had only ${bytesText(left.value)} of ${what} left in the last day`,
            },
          ]
        : [];
    },
  };
}

const bytesText = (bytes: number): string =>
  bytes < gib ? `${Math.floor(bytes / 1_024 ** 2)} MiB` : `${(bytes / gib).toFixed(1)} GiB`;
