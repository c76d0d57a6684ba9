import {z} from 'zod';
import {awsConfig} from '../../aws/index.ts';

/** A registrar's entry in the inventory: Route 53 Domains, or a person who makes the changes elsewhere. */
export const registrarConfig = z.discriminatedUnion('by', [
  awsConfig.extend({by: z.literal('route53-domains'), domain: z.string()}),
  z.object({
    by: z.literal('hand'),
    domain: z.string(),
    /** Its name, as the operator knows it. */
    registrar: z.string(),
  }),
]);
