import {z} from 'zod';
import {
  type Blocked,
  blocked,
  type Difference,
  defineStep,
  done,
  pending,
} from '../../src/index.ts';
import {proxyInput, whyNotReady} from './proxy/obstacles.ts';
import {type ProxyState, type ReverseProxy, sha256OfText} from './proxy/proxy.ts';
import {placesOf} from './shell/host-text.ts';
import {
  type HostsAction,
  type HostsLook,
  hostGroup,
  onEvery,
  onThose,
  type PerHost,
  whenAny,
} from './target.ts';

const input = proxyInput.extend({
  /** Its text from now on: the new side as the only place to pass requests on to. */
  text: z.string().min(1),
  /** hosts.proxy-ready has just checked the proxy: only its new text is tested now, while nobody can write. */
  wasReady: z.boolean().default(false),
});
type Input = z.output<typeof input>;
type Found = PerHost<ProxyState>;

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
  timeoutMs: 60_000,
  poll: {firstMs: 50, mostMs: 500},

  async check(look) {
    const found = await find(look);
    const why = whyNot(found, look);
    const open = found.filter(({value}) => !isLed(look.input)(value));
    if (why !== null || open.length === 0) {
      return why ?? done({});
    }
    return pending({hosts: beforeOf(found)}, ...open.map((each) => difference(each, look.input)));
  },

  // At first without a look of its own: nobody can write while it is made.
  async plan(look, {hosts}) {
    const {input: wanted, run} = look;
    const found = run.started ? await find(look) : [];
    const those = hosts.map(({host, sha256: from}) => ({host, value: from}));
    const [written, old] = split(those, hostsWhere(found, isWritten(wanted)));
    const [, unread] = split(written, hostsWhere(found, isLed(wanted)));
    return [
      ...leading(look, old, `write the new side into ${wanted.file}`),
      ...leading(look, unread, `leave the new side in ${wanted.file}`),
    ];
  },

  async reverse(look) {
    const found = await find(look);
    const those = found.filter(({value}) => value.kept !== null);
    const [back, led] = split(those, hostsWhere(those, isBack));
    const {file} = look.input;
    return (
      whyEdited(those, look.input) ?? [
        ...returning(look, led, `put ${file} back`),
        ...returning(look, back, `leave ${file} as it is back already`),
      ]
    );
  },
});

const leading = (
  {input: wanted, run}: HostsLook<Input>,
  those: PerHost<string>,
  does: string,
): readonly HostsAction[] =>
  whenAny(those, {
    does: `${does} on ${placesOf(those.map(({host}) => host))}, test it, and reload ${wanted.unit}`,
    perform: (writer, signal) =>
      onThose(writer, those, (host, from) =>
        host.switchProxy(proxyOf(wanted), {from, text: wanted.text}, run, signal),
      ),
  });

const returning = (
  {input: wanted, run}: HostsLook<Input>,
  those: PerHost<ProxyState>,
  does: string,
): readonly HostsAction[] =>
  whenAny(those, {
    does: `${does} on ${placesOf(those.map(({host}) => host))}, and reload ${wanted.unit}`,
    perform: (writer, signal) =>
      onThose(writer, those, (host) =>
        host.restoreProxy(proxyOf(wanted), wanted.text, run, signal),
      ),
  });

const hostsWhere = (found: Found, holds: (state: ProxyState) => boolean): ReadonlySet<string> =>
  new Set(found.filter(({value}) => holds(value)).map(({host}) => host));

/** Those that are among the hosts, and the others. */
const split = <Value>(
  those: PerHost<Value>,
  hosts: ReadonlySet<string>,
): readonly [PerHost<Value>, PerHost<Value>] => [
  those.filter(({host}) => hosts.has(host)),
  those.filter(({host}) => !hosts.has(host)),
];

/** Whether the proxy runs and could be reloaded is checked before the first change: the change itself tests it again. */
const find = ({targets, input: wanted, run, signal}: HostsLook<Input>): Promise<Found> =>
  onEvery(targets.hosts.hosts, (host) =>
    host.proxyState(proxyOf(wanted), run, !run.started && !wanted.wasReady, signal),
  );

const proxyOf = ({file, unit, test}: Input): ReverseProxy => ({file, unit, test});

const isWritten =
  ({text}: Input) =>
  ({inPlace}: ProxyState): boolean =>
    inPlace?.sha256 === sha256OfText(text);
const isLed = (wanted: Input) => (state: ProxyState) =>
  isWritten(wanted)(state) && state.reloadedWith === state.inPlace?.sha256;
const isBack = ({inPlace, kept}: ProxyState): boolean => inPlace?.sha256 === kept?.sha256;

const beforeOf = (found: Found) =>
  found.flatMap(({host, value: {kept, inPlace}}) => {
    const file = kept ?? inPlace;
    return file === null ? [] : [{host, ...file}];
  });

function whyNot(found: Found, {input: wanted, run}: HostsLook<Input>): Blocked | null {
  const why = whyNotReady(found, wanted);
  if (why !== null) {
    return why;
  }
  const stranger = found.find(
    ({value: {inPlace, kept}}) =>
      inPlace?.sha256 === sha256OfText(wanted.text) && kept === null && !run.started,
  );
  if (stranger) {
    return blocked(
      `${wanted.file} on ${stranger.host} already leads to the new side, and this run did not write it.`,
      'Find out whose journal it is in: switcharoo runs. What was there before is kept by that run.',
    );
  }
  return whyEdited(found, wanted);
}

/** Neither the text of this entry nor the one that it found: somebody else's, which must not be overwritten. */
function whyEdited(found: Found, {file, text}: Input): Blocked | null {
  const other = found.find(
    ({value: {inPlace, kept}}) =>
      kept !== null && inPlace?.sha256 !== kept.sha256 && inPlace?.sha256 !== sha256OfText(text),
  );
  return other === undefined
    ? null
    : blocked(
        `${file} on ${other.host} is neither as this run wrote it nor as it found it.`,
        `Find out who edits it (configuration management?), and put one of the two back; the one that was there is in ${keptPlace}.`,
      );
}

const keptPlace = '/var/lib/switcharoo';

const difference = (
  {host, value}: {host: string; value: ProxyState},
  wanted: Input,
): Difference => ({
  what: `${wanted.file} on ${host}`,
  is: isWritten(wanted)(value) ? 'not yet reloaded' : 'leads to the old side',
  shouldBe: 'leads to the new side',
});
