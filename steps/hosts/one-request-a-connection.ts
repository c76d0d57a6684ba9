import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, pending} from '../../src/index.ts';
import type {HostsAction, HostsLook} from './contract.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {hostsText} from './group/text.ts';
import type {OwnFile, OwnFileState} from './proxy/contract.ts';
import {proxyInput, proxyObstacle} from './proxy/obstacles.ts';
import {hostGroup} from './target.ts';

// nginx: `keepalive_requests 1` and not `keepalive_timeout 0`, which fails as a duplicate where nginx.conf has one.
// Apache httpd: the last KeepAlive counts, so the file must be read after apache2.conf's own.
const directives = {nginx: 'keepalive_requests 1;', httpd: 'KeepAlive Off'} as const;

const input = proxyInput
  .extend({
    /** A file that is not there yet, and that the proxy reads: `/etc/nginx/conf.d/switcharoo.conf`. */
    file: proxyInput.shape.file,
    proxy: z.enum(['nginx', 'httpd', 'other']),
    /** The directive, where it is not the one for nginx or httpd. For HAProxy: docs/holding-connections.md. */
    text: z.string().min(1).optional(),
  })
  .refine(
    ({proxy, text}) => proxy !== 'other' || text !== undefined,
    'for another proxy than nginx and httpd, text is needed',
  );
type Input = z.output<typeof input>;
type Files = PerHost<OwnFileState>;

/**
 * Switches keep-alive off at the reverse proxy: one connection is one request. So a hold is drained as soon as the
 * requests under way are answered. Do it minutes before, when the reload's closed connections harm nobody.
 */
export const oneRequestAConnection = defineStep({
  name: 'hosts.one-request-a-connection',
  summary:
    'Switch keep-alive off at the reverse proxy, so that its connections end with their request.',
  targets: {hosts: hostGroup},
  input,
  before: z.object({hosts: z.array(z.string())}),
  output: z.object({}),
  needs: {
    hosts: [
      "sudo without a password for /bin/sh (the reverse proxy's file and test, systemctl show, is-active and reload, /var/lib/switcharoo)",
    ],
  },
  reverses: 'Removes the file, and reloads the reverse proxy.',
  effects: [],
  timeoutMs: 60_000,
  neverSkip: 'Without it, connections that are kept alive do not end, and a hold cannot begin.',

  async check(look) {
    const files = await readFiles(look);
    const open = files.filter(({value}) => !(value.isWritten && value.isLoaded));
    if (open.length === 0) {
      return done({});
    }
    const obstacle = fileObstacle(files, look) ?? (await testObstacle(look));
    return (
      obstacle ??
      pending(
        {hosts: files.map(({host}) => host)},
        ...open.map(({host, value}) => ({
          what: `keep-alive on ${host} (${look.input.file})`,
          is: value.isWritten ? 'not yet reloaded' : 'as the proxy has it',
          shouldBe: 'off',
        })),
      )
    );
  },

  async plan(look) {
    const open = (await readFiles(look)).filter(({value}) => !(value.isWritten && value.isLoaded));
    const {file, unit} = look.input;
    return eachHost(
      look,
      open,
      `write "${textOf(look.input).trim()}" into ${file} on ${hostsText(open)}, test it, and reload ${unit}`,
      'putOwnFile',
    );
  },

  async reverse(look) {
    const files = await readFiles(look);
    const own = files.filter(({value}) => value.isOwn);
    const {file, unit} = look.input;
    return (
      fileObstacle(own, look) ??
      eachHost(
        look,
        own,
        `remove ${file} on ${hostsText(own)}, test the rest, and reload ${unit}`,
        'removeOwnFile',
      )
    );
  },
});

const readFiles = ({targets, input, run, signal}: HostsLook<Input>): Promise<Files> =>
  onEveryHost(targets.hosts.hosts, (host) => host.ownFile(fileOf(input), run, signal));

const fileOf = (input: Input): OwnFile => ({...input, text: textOf(input)});

const textOf = ({proxy, text}: Input): string =>
  `${text ?? (proxy === 'other' ? '' : directives[proxy])}\n`;

/** A file that this entry has not written must not be overwritten. */
function fileObstacle(files: Files, {input}: HostsLook<Input>): Blocked | null {
  const other = files.find(({value}) => value.isThere && !(value.isOwn && value.isWritten));
  return other === undefined
    ? null
    : blocked(
        `${input.file} on ${other.host} is there, and it is not the file of this entry.`,
        'Name a file that is not there yet; or remove this one if an earlier run has left it.',
      );
}

/** Whether the proxy runs and passes its own test, before the first change. */
async function testObstacle({
  targets,
  input,
  run,
  signal,
}: HostsLook<Input>): Promise<Blocked | null> {
  if (run.started) {
    return null;
  }
  const proxies = await onEveryHost(targets.hosts.hosts, (host) =>
    host.proxyState(input, run, true, signal),
  );
  // The file that it is to have is not there yet.
  const present = proxies.map(({host, value}) => ({
    host,
    value: {...value, inPlace: {sha256: '', mode: '', owner: ''}},
  }));
  return proxyObstacle(present, input);
}

const eachHost = (
  {input, run}: HostsLook<Input>,
  files: Files,
  does: string,
  change: 'putOwnFile' | 'removeOwnFile',
): readonly HostsAction[] =>
  actionOn(files, {
    does,
    perform: (writer, signal) =>
      onHosts(writer, files, (host) => host[change](fileOf(input), run, signal)),
  });
