import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {openApi} from './api/open-api.ts';
import {apiPreflight} from './checks/api.ts';
import type {ApiReader, ApiWriter} from './contract.ts';

const config = z.object({
  /** What all paths follow: `https://admin.example.com/v1`. */
  url: z
    .url({protocol: /^https?$/})
    .refine((url) => !/[?#]/.test(url), 'must have no query and no fragment'),
  /** Sent with each request: `authorization: {env: ADMIN_AUTHORIZATION}`, with `Bearer …` in the variable. */
  headers: z.record(z.string().regex(/^[\w-]+$/, 'must be a header name'), z.string()).default({}),
  /** Certificates of a further CA, besides those of the system (PEM). */
  ca: z.string().optional(),
});

/** The HTTP API of a system: of a queue, a provider, an application's own administration. */
export const httpApi = defineTarget({
  kind: 'http',
  config,
  preflight: apiPreflight,
  async open(settings, {name}): Promise<Session<ApiReader, ApiWriter>> {
    const api = openApi(name, settings);
    return {reader: api, writer: api, close: async () => {}};
  },
});
