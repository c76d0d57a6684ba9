import {expect, test} from 'vitest';
import {type Side, SideOrder} from '../../lab/side-watch.ts';

/** `S` and `A`: an accepted look at the source or at Aurora; `s` and `a`: a refused one. Each takes 2 ms of 10. */
function follow(looks: string, isConnected = true) {
  const order = new SideOrder();
  for (const [index, look] of [...looks].entries()) {
    const side: Side = look.toLowerCase() === 's' ? 'source' : 'aurora';
    const both = order.add(side, {
      sentMs: index * 10,
      answeredMs: index * 10 + 2,
      accepts: look === look.toUpperCase(),
    });
    if (both && isConnected) {
      order.connected(both);
    }
  }
  return order.report().bothWritable.map(({opened, ms}) => ({opened, ms}));
}

test('a cutover and its reversal, with one side writable at a time, are in order', () => {
  expect(follow('SaSasasAsAsAsasaSaSa')).toEqual([]);
});

test('Aurora opened before the source is frozen is found, also for an instant', () => {
  expect(follow('SaSaSASasAsA')).toEqual([{opened: 'aurora', ms: 2}]);
  expect(follow('SaSASASAsAsA')).toEqual([{opened: 'aurora', ms: 32}]);
  expect(follow('SaSASASAaSaS')).toEqual([{opened: 'aurora', ms: 42}]);
});

test('a source that is thawed beside an open Aurora is found, also where neither replicates any more', () => {
  expect(follow('SasasAsASAsA', false)).toEqual([{opened: 'source', ms: 2}]);
  expect(follow('SasasAsASASA', false)).toEqual([{opened: 'source', ms: 22}]);
});

test('a last look at the source and a first one at Aurora prove nothing', () => {
  expect(follow('SaSAsAsA')).toEqual([]);
});

test('Aurora opened between the freeze and the next look at the source is in charge', () => {
  expect(follow('SaSAsAsA', false)).toEqual([]);
  expect(follow('SaSAsAsASASA', false)).toEqual([{opened: 'source', ms: 22}]);
  expect(follow('SaSASASA', false)).toEqual([]);
});

test('the side that refuses is asked often, and the one that accepts seldom', () => {
  const order = new SideOrder();
  const look = {sentMs: 0, answeredMs: 1};
  const pauses = () => [order.pauseMs('source'), order.pauseMs('aurora')];
  expect(pauses()).toEqual([4, 4]);
  order.add('source', {...look, accepts: true});
  order.add('aurora', {...look, accepts: false});
  expect(pauses()).toEqual([25, 8]);
  order.add('source', {...look, accepts: false});
  expect(pauses()).toEqual([4, 4]);
  order.add('aurora', {...look, accepts: true});
  expect(pauses()).toEqual([8, 25]);
  order.add('source', {...look, accepts: true});
  expect(pauses()).toEqual([4, 4]);
});

test('two databases that have nothing to do with each other may both be writable', () => {
  expect(follow('SASASASaSaSASASA', false)).toEqual([]);
});

test('what is connected after one of the two refuses writes is in order', () => {
  const order = new SideOrder();
  const look = (atMs: number, accepts = true) => ({sentMs: atMs, answeredMs: atMs + 1, accepts});
  order.add('source', look(0));
  order.add('aurora', look(10));
  const both = order.add('source', look(20));
  order.add('aurora', look(30, false));
  expect(both).not.toBeNull();
  if (both) {
    order.connected(both);
  }
  expect(order.report().bothWritable).toEqual([]);
});

test('after a server that did not answer nothing is known of the time between', () => {
  const order = new SideOrder();
  const look = (atMs: number) => ({sentMs: atMs, answeredMs: atMs + 1, accepts: true});
  order.add('source', look(0));
  order.add('aurora', look(10));
  order.lost('source');
  expect(order.add('source', look(20))).toBeNull();
});
