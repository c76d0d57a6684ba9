import {z} from 'zod';
import {noticeEvents} from '../model/notice.ts';
import {reference} from './references.ts';

const common = {
  /** Printed and journaled. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
  /** What it is told of; without it, everything. */
  events: z.array(z.enum(noticeEvents)).min(1).optional(),
};

const text = z.union([z.string(), reference]);

const webhook = z.strictObject({
  ...common,
  kind: z.literal('webhook'),
  url: z.union([z.url({protocol: /^https?$/}), reference]),
  headers: z.record(z.string().regex(/^[\w-]+$/), text).default({}),
  /** Text of the certificates that it is checked against; without it, those of the system. */
  ca: text.optional(),
});

const slack = z.strictObject({
  ...common,
  kind: z.literal('slack'),
  /** A secret: it is all that a sender needs. */
  url: reference,
});

const email = z.strictObject({
  ...common,
  kind: z.literal('email'),
  host: z.string(),
  port: z.number().int().min(1).max(65_535).default(587),
  /** By default `implicit` on port 465, and `starttls` on all others. */
  tls: z.enum(['starttls', 'implicit', 'none']).optional(),
  ca: text.optional(),
  user: text.optional(),
  password: reference.optional(),
  from: z.string(),
  to: z.array(z.string()).min(1),
});

const channel = z.discriminatedUnion('kind', [webhook, slack, email]);
export type ChannelSettings = z.output<typeof channel>;

/** Whom a run tells what happens. */
export const channels = z
  .array(channel)
  .default([])
  .superRefine((all, context) => {
    const names = all.map(({name}) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      context.addIssue(`two channels are named ${twice}`);
    }
    for (const {name, ...settings} of all) {
      if (settings.kind === 'email' && settings.tls === 'none' && settings.password) {
        context.addIssue(
          `${name} would send its password without TLS: remove tls: none, or the password`,
        );
      }
    }
  });
