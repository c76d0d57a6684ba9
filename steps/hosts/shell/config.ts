import {z} from 'zod';

const hostConfig = z.object({
  name: z.string().min(1),
  // OpenSSH would take a leading hyphen for an option.
  address: z.string().regex(/^[^\s-]\S*$/),
  port: z.coerce.number().int().min(1).max(65_535).default(22),
  user: z.string().min(1),
  /** A host over which it is reached, as `user@host:port`: with the same key and the same known_hosts file. */
  proxyJump: z
    .string()
    .regex(/^[^\s,:@-][^\s,:@]*(@[^\s,:@-][^\s,:@]*)?(:\d+)?$/)
    .optional(),
  identityFile: z.string().optional(),
  knownHostsFile: z.string().optional(),
  /** The root of the host's file tree, for a host that lives in a folder or a chroot. */
  root: z.string().default(''),
});

/** A group of hosts in the inventory. */
export const hostsConfig = z.object({hosts: z.array(hostConfig).min(1)});
