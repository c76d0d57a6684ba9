import {z} from 'zod';

/** The ports of a hold, and its bounds. */
export const holdInput = z.object({
  /** The ports at which visitors arrive, on each host. */
  ports: z.array(z.coerce.number().int().min(1).max(65_535)).min(1),
  /** The kernel of each host lets connections through again by itself after this time, whatever else happens. */
  maxHoldMs: z.coerce.number().int().min(100).max(60_000).default(10_000),
  /** How long the hold waits at most, before it begins, for the connections that are open then. */
  settleMs: z.coerce.number().int().min(0).max(10_000).default(1_000),
  /** How long open connections may take to end. Then the hold is released, and the step fails. */
  drainMs: z.coerce.number().int().min(10).max(30_000).default(2_000),
});

/** A hold that would end before its own wait for open connections does. */
export const outlastsDrain = ({maxHoldMs, drainMs}: z.output<typeof holdInput>): boolean =>
  drainMs < maxHoldMs;

export const outlastsDrainText = 'drainMs must be shorter than maxHoldMs';

/** Before a hold: how each host can hold connections. */
export const holdBefore = z.object({
  hosts: z.array(z.object({host: z.string(), way: z.enum(['nft', 'ipset', 'iptables'])})),
});

export const holdNeeds = {
  hosts: ['sudo without a password for /bin/sh (nft, or ipset, iptables and ip6tables; ss)'],
} as const;
