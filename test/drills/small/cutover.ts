import {
  defineGate,
  defineRunbook,
  defineStep,
  defineTarget,
  done,
  pending,
  waiting,
} from 'switcharoo';
import {z} from 'zod';

interface ShopReader {
  readonly name: string;
  state(signal: AbortSignal): Promise<{
    readonly settings: Readonly<Record<string, string>>;
    readonly behind: Readonly<Record<'old' | 'new', number>>;
  }>;
}

interface ShopWriter extends ShopReader {
  set(what: string, value: string, signal: AbortSignal): Promise<void>;
}

const smallShop = defineTarget({
  kind: 'small-shop',
  /** `by`: the host that asks. */
  config: z.object({url: z.string(), by: z.string()}),
  open: async ({url, by}, {name}) => {
    const reader: ShopReader = {
      name,
      state: async (signal) => (await fetch(url, {signal})).json() as never, // by our own shop
    };
    const writer: ShopWriter = {
      ...reader,
      set: async (what, value, signal) => {
        // A real step that opens the old side again does so: what the new side has taken is there first.
        while (what === 'old.writable' && value === 'true') {
          if ((await reader.state(signal)).behind.old === 0) {
            break;
          }
        }
        const body = JSON.stringify({by, what, value});
        await (await fetch(url, {method: 'POST', body, signal})).text();
      },
    };
    return {reader, writer, close: async () => {}};
  },
});

const none = 'none';

const setting = defineStep({
  name: 'small.set',
  summary: 'Set something in the small shop.',
  targets: {shop: smallShop},
  input: z.object({what: z.string(), value: z.string()}),
  before: z.object({value: z.string()}),
  output: z.object({}),
  reverses: 'Sets what was set before.',
  needs: {shop: ['to set it']},
  timeoutMs: 30_000,

  async check({input: {what, value}, targets: {shop}, signal}) {
    const is = (await shop.state(signal)).settings[what] ?? none;
    return is === value ? done({}) : pending({value: is}, {what, is, shouldBe: value});
  },

  async plan({input: {what, value}}) {
    return [set(what, value)];
  },

  async reverse({input: {what}, targets: {shop}, signal}, before) {
    const is = (await shop.state(signal)).settings[what] ?? none;
    return is === before.value ? [] : [set(what, before.value)];
  },
});

const set = (what: string, value: string) => ({
  on: 'shop' as const,
  does: `set ${what} to ${value}`,
  perform: (shop: ShopWriter, signal: AbortSignal) => shop.set(what, value, signal),
});

const caughtUp = defineGate({
  name: 'small.caught-up',
  summary: 'Wait until the new side has every row.',
  targets: {shop: smallShop},
  input: z.object({}),
  output: z.object({}),
  needs: {shop: ['to read it']},
  timeoutMs: 10_000,
  poll: {firstMs: 10, mostMs: 50},
  check: async ({targets: {shop}, signal}) => {
    const {behind} = await shop.state(signal);
    return behind.new === 0 ? done({}) : waiting(`${behind.new} rows are to come.`);
  },
});

const on = {shop: 'shop'} as const;

export default defineRunbook({
  name: 'small-cutover',
  summary: 'Move the smallest shop that has a freeze.',
  params: z.object({}),
  targets: {shop: smallShop},
  outage: {from: ['freeze'], until: ['move'], promoted: ['open'], longestMs: 60_000},
})
  .phase('Prepare')
  .step('lower-ttl', setting, {on, input: () => ({what: 'ttl', value: '60'})})
  .step('deploy', setting, {on, input: () => ({what: 'tasks', value: '2'})})
  .checkpoint('prepared')
  .phase('Cut over')
  .confirm('go', {question: 'Start the cutover?', after: ['deploy']})
  .step('page', setting, {on, input: () => ({what: 'page', value: 'shown'})})
  .step('freeze', setting, {on, input: () => ({what: 'old.writable', value: 'false'})})
  .step('caught-up', caughtUp, {on, input: () => ({}), neverSkip: 'Rows would be lost.'})
  .step('sever', setting, {on, input: () => ({what: 'replication', value: 'ended'})})
  .step('open', setting, {on, input: () => ({what: 'new.writable', value: 'true'})})
  .step('move', setting, {on, input: () => ({what: 'traffic', value: 'new'})})
  .step('unpage', setting, {on, input: () => ({what: 'page', value: 'none'})})
  .checkpoint('moved')
  .phase('Settle')
  .pointOfNoReturn('The old side is dismantled.')
  .step('restore-ttl', setting, {on, input: () => ({what: 'ttl', value: '3600'})})
  .step('dismantle', setting, {on, input: () => ({what: 'old', value: 'dismantled'})});
