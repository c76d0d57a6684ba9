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
import {keptFolder} from './files/run-marker.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {hostsText} from './group/text.ts';
import {proxyInput, proxyObstacle} from './proxy/obstacles.ts';
import {sha256OfText} from './proxy/proxy.ts';
import {hostGroup} from './target.ts';

const input = proxyInput.extend({
  /** The new text of the file: the new side as the only server behind the proxy. */
  text: z.string().min(1),
  /** hosts.proxy-ready has just checked the proxy: only its new text is tested now, while nobody can write. */
  wasReady: z.boolean().default(false),
});
type Input = z.output<typeof input>;
type Proxies = PerHost<ProxyState>;

const before = z.object({
  hosts: z.array(
    z.object({host: z.string(), sha256: z.string(), mode: z.string(), owner: z.string()}),
  ),
});

/**
 * Points the reverse proxy of the old side at the new side: clients that still have an old address, for as long as
 * caches keep it, are served by the new side. Requests under way end where they began.
 */
export const forwardTraffic = defineStep({
  name: 'hosts.forward-traffic',
  summary: 'Forward the traffic of the old reverse proxy to the new side.',
  targets: {hosts: hostGroup},
  input,
  before,
  output: z.object({}),
  needs: {
    hosts: [
      "sudo without a password for /bin/sh (the reverse proxy's file and test, systemctl show, is-active and reload, /var/lib/switcharoo)",
    ],
  },
  reverses: 'Restores the original file, byte for byte, and reloads the reverse proxy.',
  effects: [{fact: 'traffic', by: 'proxy', leadsTo: 'new'}],
  roundTrips: {hosts: 3},
  timeoutMs: 60_000,
  neverSkip: 'Without it, the old reverse proxy keeps sending visitors to the old side.',
  poll: {firstMs: 50, mostMs: 500},

  async check(look) {
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
      editObstacle(kept, look) ?? [
        ...restore(look, forwarding, (on) => `restore ${file} on ${on}, test it`),
        ...restore(look, restored, (on) => `test the restored ${file} on ${on}`),
      ]
    );
  },
});

const forward = (
  {input, run}: HostsLook<Input>,
  originals: PerHost<string>,
  does: (hosts: string) => string,
): readonly HostsAction[] =>
  actionOn(originals, {
    does: `${does(hostsText(originals))}, and reload ${input.unit}`,
    perform: (writer, signal) =>
      onHosts(writer, originals, (host, from) =>
        host.switchProxy(proxyOf(input), {from, text: input.text}, run, signal),
      ),
  });

const restore = (
  {input, run}: HostsLook<Input>,
  proxies: Proxies,
  does: (hosts: string) => string,
): readonly HostsAction[] =>
  actionOn(proxies, {
    does: `${does(hostsText(proxies))}, and reload ${input.unit}`,
    perform: (writer, signal) =>
      onHosts(writer, proxies, (host) =>
        host.restoreProxy(proxyOf(input), input.text, run, signal),
      ),
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
    host.proxyState(proxyOf(input), run, !run.started && !input.wasReady, signal),
  );

const proxyOf = ({file, unit, test}: Input): ReverseProxy => ({file, unit, test});

const isWritten =
  ({text}: Input) =>
  ({inPlace}: ProxyState): boolean =>
    inPlace?.sha256 === sha256OfText(text);
const isForwarding = (input: Input) => (state: ProxyState) =>
  isWritten(input)(state) && state.reloadedWith === state.inPlace?.sha256;
const isOriginal = ({inPlace, kept}: ProxyState): boolean => inPlace?.sha256 === kept?.sha256;

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
  return editObstacle(proxies, look);
}

/** Another text than this entry's and the original: it must not be overwritten. */
function editObstacle(proxies: Proxies, {input, run}: HostsLook<Input>): Blocked | null {
  const edited = proxies.find(
    ({value}) => value.kept !== null && !isOriginal(value) && !isWritten(input)(value),
  );
  return edited === undefined
    ? null
    : blocked(
        `${input.file} on ${edited.host} is neither the text of this run nor the original.`,
        `Save that edit elsewhere, then run on ${edited.host}: cp -p ${keptFolder('', run)}/proxy-file ${input.file}`,
      );
}

const difference = (
  {host, value}: {host: string; value: ProxyState},
  input: Input,
): Difference => ({
  what: `${input.file} on ${host}`,
  is: isWritten(input)(value) ? 'not yet reloaded' : 'leads to the old side',
  shouldBe: 'leads to the new side',
});
