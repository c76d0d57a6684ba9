import {findingIf} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

/** The release series of both sides. */
export const versionChecks: readonly AuroraCheck[] = [
  {
    name: 'version-older-than-source',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora is no older than the source.',
    consequence: 'Replication stops at the first statement or type that Aurora does not support.',
    fix: 'Upgrade the cluster.',
    find: async ({aurora, source}) => {
      const [auroraVersion, sourceVersion] = await Promise.all([
        aurora.version(),
        source.version(),
      ]);
      return findingIf(
        auroraVersion.isMariaDb === sourceVersion.isMariaDb &&
          auroraVersion.series < sourceVersion.series,
        `${aurora.name} is ${auroraVersion.text}, and ${source.name} is ${sourceVersion.text}`,
      );
    },
  },
  {
    name: 'version-gap-too-large',
    severity: 'warns',
    looksAt: 'both',
    expects: 'Source and Aurora are of the same release series, or of two successive ones.',
    consequence:
      'MySQL does not support replication between them, in particular reverse replication.',
    fix: 'Rehearse both directions with a copy of the data, or migrate through an intermediate version.',
    find: async ({aurora, source}) => {
      const [auroraVersion, sourceVersion] = await Promise.all([
        aurora.version(),
        source.version(),
      ]);
      const gap = seriesRank(auroraVersion.series) - seriesRank(sourceVersion.series);
      return findingIf(
        auroraVersion.isMariaDb !== sourceVersion.isMariaDb || gap > 1,
        `${source.name} is ${sourceVersion.text}, and ${aurora.name} is ${auroraVersion.text}`,
      );
    },
  },
];

/** 5.5, 5.6, 5.7, 8.0 and 8.4 are successive series; all releases of 9 count as one more. */
function seriesRank(series: number): number {
  const order = [505, 506, 507, 800, 804];
  const rank = order.filter((earlier) => earlier <= series).length;
  return series >= 900 ? order.length + 1 : rank;
}
