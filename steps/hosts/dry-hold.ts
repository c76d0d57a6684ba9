import {z} from 'zod';
import {defineStep, measured, pending, SwitcharooError} from '../../src/index.ts';
import type {HostsLook, HostsWriter} from './contract.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {countText, hostsText} from './group/text.ts';
import type {DryHold, HoldWay} from './hold/contract.ts';
import {holdObstacle, readHolds, waysOf} from './hold/group.ts';
import {holdBefore, holdInput} from './hold/input.ts';
import {dryHoldFailed, portsText} from './hold/problems.ts';
import {hostGroup} from './target.ts';

const input = holdInput.pick({ports: true}).extend({
  holdMs: z.coerce.number().int().min(50).max(2_000).default(300),
  /** How long connections that are open before it may take to end: those that were kept alive until a moment ago. */
  settleMs: z.coerce.number().int().min(0).max(30_000).default(5_000),
});
type Input = z.output<typeof input>;
type Reports = PerHost<DryHold | null>;

const remotes = z.array(z.object({address: z.string(), count: z.number()}));

/**
 * Holds new connections for a moment while nothing is frozen, on the real hosts, days before a cutover with a hold, and
 * with keep-alive off. It passes when the open connections ended in that time and no host dropped one.
 */
export const dryHold = defineStep({
  name: 'hosts.dry-hold',
  summary: 'Hold new connections for a moment, without a freeze, and report what that shows.',
  targets: {hosts: hostGroup},
  input,
  before: holdBefore,
  output: z.object({
    hosts: z.array(
      z.object({
        host: z.string(),
        drainMs: z.number().nullable(),
        before: remotes,
        left: remotes,
        attempts: z.number().nullable(),
        refused: z.number(),
        reset: z.number(),
        cpuPercent: z.number(),
        load: z.number(),
      }),
    ),
  }),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (nft, or ipset, iptables and ip6tables; ss, /var/lib/switcharoo)',
    ],
  },
  reverses: 'Removes the kept report. Connections are not held any more since the step ended.',
  effects: [],
  leavesNothing: true,
  timeoutMs: 60_000,
  neverSkip: 'Only this step shows before the cutover that a hold works on these hosts.',

  async check(look) {
    const reports = await readReports(look);
    const passed = reports.flatMap(({host, value}) => (value === null ? [] : [{host, ...value}]));
    if (passed.length === reports.length) {
      return measured(
        {
          hosts: passed.map((each) => ({...each, before: [...each.before], left: [...each.left]})),
        },
        passed.map(({host, ...report}) => reportText(host, report)),
      );
    }
    const holds = await readHolds({...look, input: holdOf(look.input)});
    return (
      holdObstacle(holds, look.input) ??
      pending(
        {hosts: waysOf(holds)},
        ...reports
          .filter(({value}) => value === null)
          .map(({host}) => ({
            what: `a hold of ${portsText(look.input.ports)} on ${host}`,
            is: 'not tried',
            shouldBe: `tried for ${look.input.holdMs} ms`,
          })),
      )
    );
  },

  async plan(look, {hosts}) {
    const ways = hosts.map(({host, way}) => ({host, value: way}));
    return actionOn(ways, {
      does: `wait up to ${look.input.settleMs} ms until the connections that are open now to ${portsText(look.input.ports)} on ${hostsText(ways)} have ended, hold new ones for ${look.input.holdMs} ms at most, let them through again, and measure`,
      perform: (writer, signal, say) => tryEverywhere(writer, ways, look, signal, say),
    });
  },

  async reverse(look) {
    const kept = (await readReports(look)).filter(({value}) => value !== null);
    return actionOn(kept, {
      does: `remove the report of the dry hold on ${hostsText(kept)}`,
      perform: (writer, signal) =>
        onHosts(writer, kept, (host) => host.forgetDryHold(look.run, signal)),
    });
  },
});

/** The kernel ends it soon after its own end, should that not come. */
const holdOf = ({ports, holdMs}: Input) => ({
  ports,
  maxHoldMs: holdMs + 1_000,
  settleMs: 0,
  drainMs: holdMs,
});

const readReports = ({targets, run, signal}: HostsLook<Input>): Promise<Reports> =>
  onEveryHost(targets.hosts.hosts, (host) => host.dryHold(run, signal));

/** A report is kept only when all hosts have passed: so a failed one is tried again. */
async function tryEverywhere(
  writer: HostsWriter,
  ways: PerHost<HoldWay>,
  {input, run}: HostsLook<Input>,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const reports: {host: string; value: DryHold}[] = [];
  // One that was kept alive ends with its next request. While its client waits at another host's hold, none comes.
  await onHosts(writer, ways, (host) =>
    host.untilConnectionsEnd(input.ports, input.settleMs, signal),
  );
  await onHosts(writer, ways, async (host, way) => {
    const value = await host.tryHold(way, holdOf(input), input.holdMs, run, signal);
    reports.push({host: host.name, value});
    say(reportText(host.name, value));
  });
  const failed = reports.filter(({value}) => value.drainMs === null || value.refused > 0);
  if (failed.length > 0) {
    const texts = failed.map(({host, value}) => reportText(host, value));
    throw new SwitcharooError(dryHoldFailed(texts, input.holdMs));
  }
  await onHosts(writer, reports, (host, report) => host.keepDryHold(report, run, signal));
}

/** `web1 answered its open connections in 84 ms; …` */
function reportText(host: string, report: DryHold): string {
  const {drainMs, before, left, attempts, refused, reset, cpuPercent, load} = report;
  const from = (name: string, list: DryHold['left']) =>
    list.length === 0
      ? []
      : [`${name} ${list.map(({address, count}) => `${count} from ${address}`).join(', ')}`];
  return [
    drainMs === null
      ? `${host} still had open connections`
      : `${host} answered its open connections in ${drainMs} ms`,
    ...from('before:', before),
    ...from('left:', left),
    ...(attempts === null ? [] : [`${countText(attempts, 'connection attempt')} waited`]),
    `${refused} dropped by the host, ${reset} reset`,
    `processors ${cpuPercent} % busy, load ${load}`,
  ].join('; ');
}
