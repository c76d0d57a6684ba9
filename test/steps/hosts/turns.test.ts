import {expect, test} from 'vitest';
import {Turns} from '../../../steps/hosts/shell/turns.ts';

test('a hundred hosts are logged in to ten at a time, each of them once, in their order', async () => {
  const turns = new Turns(10);
  const {signal} = new AbortController();
  const order: number[] = [];
  let atWork = 0;
  let most = 0;
  await Promise.all(
    Array.from({length: 100}, async (_, host) => {
      const end = await turns.take(signal);
      order.push(host);
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise(setImmediate);
      atWork -= 1;
      // When it is connected, and when its command has ended.
      end();
      end();
    }),
  );
  expect([most, atWork]).toEqual([10, 0]);
  expect(order).toEqual(Array.from({length: 100}, (_, host) => host));
});

test('who gives up while it waits leaves its turn to the next', async () => {
  const turns = new Turns(1);
  const patient = new AbortController();
  const impatient = new AbortController();
  const end = await turns.take(patient.signal);
  const second = turns.take(impatient.signal);
  const third = turns.take(patient.signal);
  impatient.abort(new Error('gave up'));
  await expect(second).rejects.toThrow('gave up');
  end();
  (await third)();
  (await turns.take(patient.signal))();
  await expect(turns.take(impatient.signal)).rejects.toThrow('gave up');
});
