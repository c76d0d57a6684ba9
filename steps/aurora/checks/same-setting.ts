import {findingIf, type Settings} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

interface Comparison extends Pick<AuroraCheck, 'expects' | 'consequence' | 'fix'> {
  /** What is compared. */
  value(settings: Settings): string;
  shown(settings: Settings): string;
}

/** A check that a setting has the same value on both sides. */
export function sameSetting(
  name: string,
  severity: AuroraCheck['severity'],
  {value, shown, ...words}: Comparison,
): AuroraCheck {
  return {
    name,
    severity,
    looksAt: 'both',
    ...words,
    find: async ({aurora, source}) => {
      const [onAurora, onSource] = await Promise.all([aurora.settings(), source.settings()]);
      return findingIf(
        value(onAurora) !== value(onSource),
        `${aurora.name} has ${shown(onAurora)}, and ${source.name} has ${shown(onSource)}`,
      );
    },
  };
}
