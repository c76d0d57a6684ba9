import {z} from 'zod';

/** What a cutover of the shop is given, whether visitors wait in it or not. */
export const cutoverParams = z.object({
  /** Where the name of the site leads after the cutover. */
  newAddresses: z.array(z.string()).min(1),
  /** Route 53 needs up to 60 s to bring a change to all its servers; after a crash its exact time is unknown. */
  ttlMarginSeconds: z.coerce.number().int().default(60),
  cronUsers: z.array(z.string()),
  cronTimers: z.array(z.string()),
  /** The old database's port, and the addresses that still reach it after it is closed. */
  databasePort: z.coerce.number().int(),
  databaseAllowFrom: z.array(z.string()),
  image: z.string(),
  tasks: z.coerce.number().int().positive(),
  steadyMs: z.coerce.number().int().default(15_000),
  smokeUrl: z.url(),
  smokeText: z.string(),
  smokeQuery: z.string(),
  smokeAnswer: z.union([z.string(), z.number()]),
  /** Where the new side answers before its name leads there. */
  newSideUrl: z.url(),
  /** How far Aurora may be behind when writes are frozen. */
  nearMs: z.coerce.number().int().positive().default(200),
  /** The reverse proxy of the old web servers: the file that names the servers behind it, and its new text. */
  proxyUnit: z.string(),
  proxyFile: z.string(),
  proxyTest: z.array(z.string()).min(1),
  proxyToNewSide: z.string(),
  /** The application behind it. */
  appUnits: z.array(z.string()),
});
