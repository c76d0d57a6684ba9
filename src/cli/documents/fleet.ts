import {z} from 'zod';
import {sharedResources} from '../../model/fleet.ts';
import {document, list, texts} from './parts.ts';
import {range} from './plan.ts';

const limits = Object.fromEntries(
  ['units', ...sharedResources].map((resource) => [resource, z.number().int().exactOptional()]),
);

export const fleetPlan = document({
  fleet: z.string(),
  file: z.string(),
  digest: z.string().describe('Of the waves, and of every runbook and inventory in them'),
  atOnce: z.strictObject(limits).describe('How many units may be under way at once'),
  waves: list(
    z.strictObject({
      wave: z.string(),
      approve: z.strictObject({by: texts, of: z.number().int()}).exactOptional(),
      run: range,
      notMeasured: texts.describe(
        'Units that no earlier run has measured: their time is not in run',
      ),
      units: list(
        z.strictObject({
          unit: z.string(),
          runbook: z.string(),
          inventory: z.string(),
          team: z.string().exactOptional(),
          after: texts,
          beginsMs: z.number().exactOptional().describe('After its wave starts'),
          run: range.exactOptional(),
          outage: range.exactOptional(),
        }),
      ),
    }),
  ),
  remarks: texts,
});
