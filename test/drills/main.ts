import {numberIn, numbersIn} from './numbers.ts';
import {chosenDrills, drillHelp} from './options.ts';

// Drills: the real program in the real lab, with something that goes wrong. `npm run drills -- --lab`

const say = (text: string) => process.stdout.write(`${text}\n`);

const chosen = chosenDrills(process.argv.slice(2));
if ('instead' in chosen) {
  say(chosen.instead);
  process.exit(chosen.code);
}
const {values, positionals} = chosen;

const failures: number[] = [];
const numberOf = (name: 'points' | 'seed' | 'units'): number => numberIn(name, values[name]);
const only = values.only === undefined ? undefined : numbersIn('only', values.only);
const seed = numberOf('seed');
if (values.lab) {
  const {drillKills} = await import('./lab-kills.ts');
  const results = await drillKills({
    points: numberOf('points'),
    seed,
    ...(only ? {only} : {}),
    say,
  });
  failures.push(tell(results));
}
if (values.races !== undefined) {
  const {drillRaces} = await import('./two-hosts-races.ts');
  const options = {count: numberIn('races', values.races), seed};
  failures.push(tell(await drillRaces(options, say)));
}
if (values.barriers) {
  const {drillBarriers} = await import('./two-hosts-barriers.ts');
  failures.push(tell(await drillBarriers({only}, say)));
}
const {starts, upgrade, holds, 'network-cut': networkCut} = values;
const isPart = networkCut || holds !== undefined || starts || upgrade;
if (networkCut) {
  const {drillCuts} = await import('./fleet-cuts.ts');
  const inOutage = [
    {outage: 3, cut: 20},
    {outage: 40, cut: 75},
    {outage: 60, cut: 30},
  ];
  failures.push(tell([await drillCuts({hosts: 3, units: 60, cuts: 20, inOutage, seed}, say)]));
}
if (holds !== undefined) {
  const {drillHolds} = await import('./fleet-holds.ts');
  const count = numberIn('holds', holds);
  failures.push(tell([await drillHolds({units: 10 * count, holds: count, seed}, say)]));
}
if (upgrade) {
  const {drillUpgrade} = await import('./fleet-upgrade.ts');
  failures.push(tell([await drillUpgrade({unitsAWave: 20}, say)]));
}
if (starts) {
  const {drillStarts} = await import('./fleet-starts.ts');
  failures.push(tell([await drillStarts(say)]));
}
if (values.fleet && !isPart) {
  const {drillFleet} = await import('./fleet-kills.ts');
  const size = {units: numberOf('units'), waves: 5, postgresKills: 20, runnerKills: 50};
  failures.push(tell([await drillFleet({...size, seed}, say)]));
}
const isSmall = values.races !== undefined || values.barriers || values.schedules !== undefined;
if (values['two-hosts'] && !isSmall) {
  const {drillTwoHosts} = await import('./two-hosts.ts');
  const which = {points: numberOf('points'), seed};
  failures.push(tell(await drillTwoHosts({...which, ...(only ? {only} : {}), say})));
}
if (values.hold) {
  const {drillHold} = await import('./hold-kills.ts');
  failures.push(tell(await drillHold({only, say})));
}
if (values.freeze !== undefined) {
  const {drillFreeze} = await import('./freeze-kills.ts');
  const often = {count: numberIn('freeze', values.freeze), seed};
  failures.push(tell(await drillFreeze(often, say)));
}
if (values.signals) {
  const {drillSignals} = await import('./signals.ts');
  failures.push(tell(await drillSignals(positionals, say)));
}
if (values.faults) {
  const {drillFaults} = await import('./faults.ts');
  failures.push(tell(await drillFaults(positionals, say)));
}
if (values.secrets) {
  const {drillSecrets} = await import('./secrets.ts');
  failures.push(tell(await drillSecrets(say)));
}
if (values.mutants) {
  const {drillMutants} = await import('./mutants.ts');
  failures.push(tell(await drillMutants(positionals, say)));
}
if (values['back-and-forth']) {
  const {drillBackAndForth} = await import('./back-and-forth.ts');
  failures.push(tell(await drillBackAndForth(say)));
}
if (values.schedules !== undefined) {
  const {drillSchedules} = await import('../simulation/schedules.ts');
  const hosts = values['two-hosts'] ? 2 : 1;
  const wanted = {count: numberIn('schedules', values.schedules), seed, hosts} as const;
  failures.push(await drillSchedules(wanted, say));
}
if (failures.length === 0) {
  say(`No drill was chosen.\n\n${drillHelp}`);
}
process.exitCode = failures.length === 0 || failures.some((failed) => failed > 0) ? 1 : 0;

function tell(results: readonly {readonly problems: readonly string[]}[]): number {
  const failed = results.filter(({problems}) => problems.length > 0).length;
  say(`${results.length - failed} passed, ${failed} failed`);
  if (results.length === 0) {
    say('Nothing was drilled, so nothing is known: this fails.');
  }
  return results.length === 0 ? 1 : failed;
}
