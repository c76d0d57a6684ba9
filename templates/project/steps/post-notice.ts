import {defineStep, done, pending} from 'switcharoo';
import {type HostsReader, type HostsWriter, hostGroup} from 'switcharoo/hosts';
import {z} from 'zod';

const file = '/etc/motd';

/** Everyone who logs in on a host during the cutover reads it. */
export const postNotice = defineStep({
  name: 'our.post-notice',
  summary: 'Show a notice to everyone who logs in on the hosts.',
  targets: {hosts: hostGroup},
  input: z.object({text: z.string().min(1)}),
  // What each host showed before: all that the reversal needs. `null`: it had no such file.
  before: z.object({texts: z.record(z.string(), z.string().nullable())}),
  output: z.object({}),
  reverses: 'Shows what each host showed before.',
  needs: {hosts: [`sudo without a password for /bin/sh (${file})`]},
  effects: [],
  timeoutMs: 30_000,

  async check({input, targets: {hosts}, signal}) {
    const texts = Object.entries(await textsOn(hosts, signal));
    const open = texts.filter(([, text]) => text !== input.text);
    return open.length === 0
      ? done({})
      : pending(
          {texts: Object.fromEntries(open)},
          ...open.map(([host, text]) => ({
            what: `${file} on ${host}`,
            is: text === null ? 'not there' : 'another text',
            shouldBe: 'the notice',
          })),
        );
  },

  async plan({input, targets: {hosts}, signal}, before) {
    const now = await textsOn(hosts, signal);
    return Object.keys(before.texts)
      .filter((host) => now[host] !== input.text)
      .map((host) => put(host, input.text, `show the notice on ${host}`));
  },

  async reverse({targets: {hosts}, signal}, before) {
    const now = await textsOn(hosts, signal);
    return Object.entries(before.texts)
      .filter(([host, text]) => now[host] !== text)
      .map(([host, text]) => put(host, text, `show the earlier text on ${host}`));
  },
});

const put = (host: string, text: string | null, does: string) => ({
  on: 'hosts' as const,
  does,
  perform: async ({hosts}: HostsWriter, signal: AbortSignal) => {
    const one = hosts.find(({name}) => name === host);
    await (text === null ? one?.removeFile(file, signal) : one?.writeFile(file, text, signal));
  },
});

async function textsOn({hosts}: HostsReader, signal: AbortSignal) {
  const texts = hosts.map(async (host) => {
    const found = await host.readFile(file, signal);
    return [host.name, found?.text ?? null] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}
