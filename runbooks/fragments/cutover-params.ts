import {alsoWritten} from 'switcharoo';
import {z} from 'zod';

/** What every cutover of the shop is given. */
const siteParams = z.object({
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
});

/** What a cutover is given in which the site is closed. */
export const closedSiteParams = siteParams.extend({
  /** What the new side writes besides the database: `[{what: 'uploads in S3', todo: 'copy them back with …'}]`. */
  alsoWritten,
  /** How the application reaches Aurora, and how the old source does for reverse replication. */
  auroraHost: z.string(),
  auroraPort: z.coerce.number().int(),
  /** Further variables of the application on the new side, besides the address of the database: where its Redis is. */
  environment: z.record(z.string(), z.string()).default({}),
  /** The units that run on the old web servers. */
  webUnits: z.array(z.string()),
});

/** What a cutover with a reverse proxy in front of the application is given, whether visitors wait in it or not. */
export const cutoverParams = siteParams.extend({
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
  /** How long the run looks whether another supervisor starts it again. */
  watchSeconds: z.coerce.number().int().min(0).default(5),
});

/** What a cutover in which visitors wait is given as well. */
export const holdParams = z.object({
  proxyKind: z.enum(['nginx', 'httpd']).default('nginx'),
  /** A new file that the proxy reads: it switches keep-alive off until the end. */
  keepAliveFile: z.string(),
  /** The ports at which visitors reach the old web servers: new connections wait there during the cutover. */
  heldPorts: z.array(z.coerce.number().int()).min(1),
  /** The kernel of each web server lets connections through again by itself after this time. */
  maxHoldMs: z.coerce.number().int().default(10_000),
  /** How long a trial hold without a freeze may last, at most: requests under way must end in it. */
  dryHoldMs: z.coerce.number().int().default(300),
  /** How long requests under way may take to end before the hold is given up. */
  drainMs: z.coerce.number().int().default(2_000),
});
