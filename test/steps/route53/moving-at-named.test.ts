import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {AnyGate, AnyStep, AnyUnit, Look} from '../../../src/model/step.ts';
import {delegationLive} from '../../../steps/dns/delegation-live.ts';
import {dsExpired} from '../../../steps/dns/ds-expired.ts';
import {nsTtlExpired} from '../../../steps/dns/ns-ttl-expired.ts';
import {zonesMatch} from '../../../steps/dns/zones-match.ts';
import {changeDelegation} from '../../../steps/route53/change-delegation.ts';
import {importZone} from '../../../steps/route53/import-zone.ts';
import {removeDs} from '../../../steps/route53/remove-ds.ts';
import {hasNamed} from '../dns/named.ts';
import {shopZone} from '../dns/shop-zone.ts';
import {type BindWorld, resolved, startBindWorld} from './bind-world.ts';

// TTLs of a second where the test has to wait for them; the rest as it is.
const zoneText = shopZone
  .replaceAll('shop.test', 'moving.test')
  .replace('@ IN SOA ns1', '@ IN SOA ns1.old.test.')
  .replace(
    '        NS    ns1\n        NS    ns2.elsewhere.test.\n',
    '    1   NS    ns1.old.test.\n    1   NS    ns2.old.test.\n',
  )
  .replace('www     A     192.0.2.11\n        A ', 'www   1 A     192.0.2.11\n      1 A ');
/** What the lab's own name servers cannot put on the wire: a dot inside a label, and service parameters. */
const leaveOut = [
  {name: 'dot\\056ted.moving.test', type: 'A'},
  {name: 'svc.moving.test', type: 'HTTPS'},
];

describe.skipIf(!hasNamed)(
  'with BIND as the parent, as the old name server and as a validating resolver',
  () => {
    let world: BindWorld;
    const www = () => resolved(world.resolver.at, 'www.moving.test');
    const until = async (wanted: string) => {
      for (let tries = 0; tries < 300 && (await www()) !== wanted; tries += 1) {
        await sleep(100);
      }
      expect(await www()).toBe(wanted);
    };
    const addresses = '192.0.2.11, 192.0.2.12';

    beforeAll(async () => {
      world = await startBindWorld(zoneText);
      await until(`${addresses} (secure)`);
    });
    afterAll(() => world?.stop());

    const sessionsOf = (unit: AnyUnit) =>
      Object.fromEntries(
        Object.keys(unit.targets).map((part) => [
          part,
          world.sessions[part as keyof BindWorld['sessions']],
        ]),
      );
    const look = (unit: AnyUnit, input: object, run: object = {}): Look<any, any> => ({
      input: unit.input.parse(input),
      targets: Object.fromEntries(
        Object.entries(sessionsOf(unit)).map(([part, {reader}]) => [part, reader]),
      ),
      run: {id: 'r', entry: 'e', started: false, ...run},
      now: new Date(),
      signal: new AbortController().signal,
    });
    const settled = async (unit: AnyUnit, input: object, run: object = {}) => {
      let last = '';
      for (let tries = 0; tries < 600; tries += 1) {
        const verdict = await (unit as AnyGate).check(look(unit, input, run));
        if (verdict.kind !== 'waiting') {
          return verdict;
        }
        last = verdict.progress;
        await sleep(50);
      }
      throw new Error(`${unit.name} was still waiting: ${last}`);
    };
    /** Performs, with a person who does what is said. */
    const perform = async (actions: readonly any[]) => {
      for (const action of actions) {
        let obeyed = '';
        const said: Promise<void>[] = [];
        await action.perform(
          world.sessions.registrar.writer && sessionsOf(changeDelegation)[action.on]?.writer,
          new AbortController().signal,
          (words: string) => {
            // What is said again is no further wish.
            const wish = words.split('; the servers')[0] ?? words;
            if (wish !== obeyed) {
              obeyed = wish;
              said.push(world.obeys(wish));
            }
          },
        );
        await Promise.all(said);
      }
    };
    const run = async (step: AnyStep, input: object = {}) => {
      const verdict = await settled(step, input);
      if (verdict.kind !== 'pending') {
        throw new Error(`${step.name}: ${JSON.stringify(verdict)}`);
      }
      const {before} = verdict;
      await perform(await step.plan(look(step, input, {before}), before));
      const after = await settled(step, input, {started: true, before});
      expect(after, step.name).toMatchObject({kind: 'done'});
      return {before, output: after.kind === 'done' ? after.output : undefined};
    };
    const back = async (step: AnyStep, before: unknown, input: object = {}) => {
      const actions = await step.reverse(look(step, input, {started: true, before}), before);
      if ('kind' in actions) {
        throw new Error(`${step.name}: ${actions.reason}`);
      }
      await perform(actions);
      expect(await settled(step, input, {started: true, before})).toMatchObject({
        kind: 'pending',
        before,
      });
    };

    test('a delegation that is changed with the DS in place is gone for this resolver; the step refuses that', async () => {
      await world.nameServers(['ns-1.awsdns.test', 'ns-2.awsdns.test']);
      await until('SERVFAIL');
      await world.nameServers(['ns1.old.test', 'ns2.old.test']);
      await until(`${addresses} (secure)`);
      expect(await changeDelegation.check(look(changeDelegation, {}))).toMatchObject({
        kind: 'blocked',
        reason: `parent has DS records of moving.test. (${world.ds}) for keys that Route 53 does not have: validating resolvers would reject all its answers.`,
      });
    });

    test('moved by hand, and back, the domain is never gone for anyone', async () => {
      const told = new Set<string>();
      const stopping = new AbortController();
      const watching = (async () => {
        while (!stopping.signal.aborted) {
          // Silence is this machine's: it is asked again.
          await www().then(
            (words) => told.add(words),
            () => {},
          );
          await sleep(20);
        }
      })();

      const copied = await run(importZone, {leaveOut});
      expect(await settled(zonesMatch, {leaveOut})).toMatchObject({kind: 'done'});
      const unsigned = await run(removeDs);
      expect(unsigned).toEqual({
        before: {ds: [world.ds], keys: [], ttlSeconds: 1},
        output: {ttlSeconds: 1},
      });
      const since = new Date();
      expect(await settled(dsExpired, {since, ttlSeconds: 1, marginSeconds: 1})).toMatchObject({
        kind: 'done',
      });
      const moved = await run(changeDelegation);
      expect(await settled(delegationLive, {})).toMatchObject({kind: 'done'});
      expect(
        await settled(nsTtlExpired, {since: new Date(), ttlSeconds: 1, marginSeconds: 1}),
      ).toMatchObject({kind: 'done'});
      expect(await settled(zonesMatch, {leaveOut})).toMatchObject({kind: 'done'});
      await until(addresses);

      await back(changeDelegation, moved.before);
      await back(removeDs, unsigned.before);
      await back(importZone, copied.before, {leaveOut});
      await until(`${addresses} (secure)`);
      expect(
        world.route53
          .listed('ZMOVING')
          .map(({type}) => type)
          .sort(),
      ).toEqual(['NS', 'SOA']);

      stopping.abort();
      await watching;
      expect([...told].sort()).toEqual([addresses, `${addresses} (secure)`]);
    });
  },
);
