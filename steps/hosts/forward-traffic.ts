import {z} from 'zod';
import {
  type Blocked,
  blocked,
  type Difference,
  defineStep,
  done,
  pending,
} from '../../src/index.ts';
import type {HostsAction, HostsLook, ProxyState, ReverseProxy} from './contract.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {hostsText} from './group/text.ts';
import {hostFiles, proxyInput, proxyObstacle} from './proxy/obstacles.ts';
import {sha256OfText} from './proxy/proxy.ts';
import {editObstacle, isOriginal, isWritten} from './proxy/switched.ts';
import {hostGroup} from './target.ts';

const input = proxyInput.extend({
  /** The new text of the file: the new side as the only server behind the proxy. */
  text: z.string().min(1),
  /** As hosts.proxy-ready gave it: then nothing is asked before traffic is forwarded, while nobody can write. */
  ready: hostFiles.optional(),
});
type Input = z.output<typeof input>;
type Proxies = PerHost<ProxyState>;
type Files = z.output<typeof hostFiles>;

/**
 * Points the reverse proxy of the old side at the new side: clients that still have an old address, for as long as
 * caches keep it, are served by the new side. Requests under way end where they began.
 */
export const forwardTraffic = defineStep({
  name: 'hosts.forward-traffic',
  summary: 'Forward the traffic of the old reverse proxy to the new side.',
  targets: {hosts: hostGroup},
  input,
  before: hostFiles,
  output: z.object({}),
  needs: {
    hosts: [
      "sudo without a password for /bin/sh (the reverse proxy's file and test, systemctl show, is-active and reload, /var/lib/switcharoo)",
    ],
  },
  reverses: 'Restores the original file, byte for byte, and reloads the reverse proxy.',
  effects: [{fact: 'traffic', by: 'proxy', leadsTo: 'new'}],
  roundTrips: {hosts: 1},
  timeoutMs: 60_000,
  // A host does not restore a file that was edited since.
  reversalAhead: true,
  neverSkip: 'Without it, the old reverse proxy keeps sending visitors to the old side.',
  poll: {firstMs: 50, mostMs: 500},

  async check(look) {
    const {input, run} = look;
    const seen = seenIn(look);
    if (seen) {
      return seen.kind === 'forwarded' ? done({}) : pending(seen.before);
    }
    if (input.ready && !run.started && input.ready.hosts.every(isOther(input))) {
      return pending(
        input.ready,
        ...input.ready.hosts.map(({host}) => leads(host, 'leads to the old side', input)),
      );
    }
    const proxies = await readProxies(look);
    const obstacle = obstacleIn(proxies, look);
    const open = proxies.filter(({value}) => !isForwarding(look.input)(value));
    if (obstacle !== null || open.length === 0) {
      return obstacle ?? done({});
    }
    return pending({hosts: beforeOf(proxies)}, ...open.map((each) => difference(each, look.input)));
  },

  // The first plan reads nothing: nobody can write meanwhile.
  async plan(look, {hosts}) {
    const {file} = look.input;
    const proxies = look.run.started ? await readProxies(look) : [];
    const originals = hosts.map(({host, sha256}) => ({host, value: sha256}));
    const [written, original] = split(originals, hostsWhere(proxies, isWritten(look.input)));
    const [, unread] = split(written, hostsWhere(proxies, isForwarding(look.input)));
    return [
      ...forward(look, original, (on) => `write the new side into ${file} on ${on}, test it`),
      ...forward(look, unread, (on) => `test the new side in ${file} on ${on}`),
    ];
  },

  async reverse(look) {
    const {file} = look.input;
    const kept = (await readProxies(look)).filter(({value}) => value.kept !== null);
    const [restored, forwarding] = split(kept, hostsWhere(kept, isOriginal));
    return (
      editObstacle(kept, look.input, look.run) ?? [
        ...restore(look, forwarding, (on) => `restore ${file} on ${on}, test it`),
        ...restore(look, restored, (on) => `test the restored ${file} on ${on}`),
      ]
    );
  },
});

/** What the last action of each direction returns: each host has read its file. */
const forwarded = 'forwarded';
const restored = 'restored';

/** What the last action has shown of all hosts, if it has. */
function seenIn({
  run,
  seen,
}: HostsLook<Input>): {kind: typeof forwarded | typeof restored; before: Files} | null {
  const kind = seen === forwarded || seen === restored ? seen : null;
  return kind === null || run.before === undefined
    ? null
    : {kind, before: hostFiles.parse(run.before)};
}

const forward = (
  {input, run}: HostsLook<Input>,
  originals: PerHost<string>,
  does: (hosts: string) => string,
): readonly HostsAction[] =>
  actionOn(originals, {
    does: `${does(hostsText(originals))}, and reload ${input.unit}`,
    perform: async (writer, signal) => {
      await onHosts(writer, originals, (host, from) =>
        host.switchProxy(proxyOf(input), {from, text: input.text}, run, signal),
      );
      return forwarded;
    },
  });

const restore = (
  {input, run}: HostsLook<Input>,
  proxies: Proxies,
  does: (hosts: string) => string,
): readonly HostsAction[] =>
  actionOn(proxies, {
    does: `${does(hostsText(proxies))}, and reload ${input.unit}`,
    perform: async (writer, signal) => {
      await onHosts(writer, proxies, (host) =>
        host.restoreProxy(proxyOf(input), input.text, run, signal),
      );
      return restored;
    },
  });

const hostsWhere = (
  proxies: Proxies,
  matches: (state: ProxyState) => boolean,
): ReadonlySet<string> =>
  new Set(proxies.filter(({value}) => matches(value)).map(({host}) => host));

/** The values of these hosts, and the others. */
const split = <Value>(
  values: PerHost<Value>,
  hosts: ReadonlySet<string>,
): readonly [PerHost<Value>, PerHost<Value>] => [
  values.filter(({host}) => hosts.has(host)),
  values.filter(({host}) => !hosts.has(host)),
];

/** The proxy and its unit are tested before the first change only: the change itself tests them again. */
const readProxies = ({targets, input, run, signal}: HostsLook<Input>): Promise<Proxies> =>
  onEveryHost(targets.hosts.hosts, (host) =>
    host.proxyState(proxyOf(input), run, !run.started && !input.ready, signal),
  );

const proxyOf = ({file, unit, test}: Input): ReverseProxy => ({file, unit, test});

const isForwarding = (input: Input) => (state: ProxyState) =>
  isWritten(input)(state) && state.reloadedWith === state.inPlace?.sha256;

const beforeOf = (proxies: Proxies) =>
  proxies.flatMap(({host, value: {kept, inPlace}}) => {
    const file = kept ?? inPlace;
    return file === null ? [] : [{host, ...file}];
  });

function obstacleIn(proxies: Proxies, look: HostsLook<Input>): Blocked | null {
  const {input, run} = look;
  const obstacle = proxyObstacle(proxies, input);
  if (obstacle !== null) {
    return obstacle;
  }
  const other = proxies.find(
    ({value}) => isWritten(input)(value) && value.kept === null && !run.started,
  );
  if (other) {
    return blocked(
      `${input.file} on ${other.host} already leads to the new side, and this run did not write it.`,
      {text: 'Find the run that wrote it, and keeps the original, with', command: 'runs'},
    );
  }
  return editObstacle(proxies, input, run);
}

const difference = ({host, value}: {host: string; value: ProxyState}, input: Input): Difference =>
  leads(host, isWritten(input)(value) ? 'not yet reloaded' : 'leads to the old side', input);

const leads = (host: string, is: string, {file}: Input): Difference => ({
  what: `${file} on ${host}`,
  is,
  shouldBe: 'leads to the new side',
});

const isOther =
  ({text}: Input) =>
  ({sha256}: {readonly sha256: string}): boolean =>
    sha256 !== sha256OfText(text);
