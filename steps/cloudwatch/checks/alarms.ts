import {preflightOf} from '../../../src/index.ts';
import type {CloudWatchReader} from '../contract.ts';

/** Whether this account can read alarms. */
export const cloudWatchPreflight = preflightOf<CloudWatchReader>([
  {
    name: 'alarms-refused',
    severity: 'blocks',
    expects: 'This account can read the alarms of CloudWatch.',
    consequence: 'No alarm can be watched or muted.',
    fix: 'Grant cloudwatch:DescribeAlarms to the account.',
    find: async (cloudwatch, signal) => {
      // No alarm has this name: one small answer.
      await cloudwatch.alarms({names: ['switcharoo-preflight']}, signal);
      return [];
    },
  },
]);
