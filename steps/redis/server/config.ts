import {z} from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

const place = z.object({host: z.string().min(1), port: port.default(26_379)});

/** A database of a Redis server in the inventory. */
export const redisConfig = z
  .object({
    host: z.string().min(1).optional(),
    port: port.default(6379),
    /** The sentinels that know who is the master of this name now, instead of a host. */
    sentinel: z
      .object({
        master: z.string().min(1),
        at: z.array(place).min(1),
        user: z.string().optional(),
        password: z.string().optional(),
      })
      .optional(),
    /** An account of the ACL; `default` without it. */
    user: z.string().optional(),
    password: z.string().optional(),
    db: z.coerce.number().int().min(0).default(0),
    /** Encrypts the connection, and checks the certificate against `ca` (PEM), else the system's. */
    tls: z.object({ca: z.string().optional()}).optional(),
  })
  .refine(
    ({host, sentinel}) => (host === undefined) !== (sentinel === undefined),
    'needs either a host or a sentinel',
  );
export type RedisConfig = z.output<typeof redisConfig>;
