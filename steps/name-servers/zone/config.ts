import {z} from 'zod';
import {asZoneName} from '../records/names.ts';
import {serverAddress} from '../wire/server-address.ts';
import {tsigAlgorithms} from '../wire/tsig.ts';

const serverWithAddress = z.object({name: z.string(), at: serverAddress});

export const dnsZoneConfig = z
  .object({
    domain: z.string().transform((domain) => asZoneName(domain)),
    servers: z.array(z.union([serverAddress, serverWithAddress])).min(1),
    /** Signs transfers. */
    tsig: z
      .object({
        name: z.string(),
        algorithm: z.enum(tsigAlgorithms).default('hmac-sha256'),
        secret: z.string(),
      })
      .optional(),
    /** Instead of a transfer: a zone file. */
    zoneFile: z.string().optional(),
    /** Instead of a transfer: the names that are asked for. Names that are not listed are not read. */
    names: z.array(z.string()).min(1).optional(),
  })
  .refine(({zoneFile, names}) => zoneFile === undefined || names === undefined, {
    message: 'records come from a file or from a list of names, not from both',
  });
