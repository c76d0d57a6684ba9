import {z} from 'zod';

/** A key of the domain for which the parent vouches (DNSSEC). */
export const signingKey = z.object({
  flags: z.number(),
  algorithm: z.number(),
  /** In base64. */
  publicKey: z.string(),
});
export type SigningKey = z.output<typeof signingKey>;
