import {z} from 'zod';

/** A key of the domain that the parent confirms with a DS record (DNSSEC). */
export const signingKey = z.object({
  flags: z.number(),
  algorithm: z.number(),
  /** In base64. */
  publicKey: z.string(),
});
export type SigningKey = z.output<typeof signingKey>;
