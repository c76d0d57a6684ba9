import {lawsOfStep} from 'switcharoo/testing';
import {expect, test} from 'vitest';
import {byHand} from '../../../steps/operator/by-hand.ts';
import {byHandHttp} from '../../../steps/operator/by-hand-http.ts';
import type {Page, SiteReader} from '../../../steps/smoke/index.ts';

const words = {
  does: 'take web1 out of the load balancer',
  todo: ['Open a ticket.', 'Ask for web1 to be drained.'],
  undoes: 'put web1 into the load balancer again',
  undo: ['Answer the ticket: put web1 in.'],
  owner: {name: 'Hosting', reach: '+49 30 1234'},
  takesMinutes: 10,
};

lawsOfStep({
  step: byHand,
  input: words,
  world: async () => {
    let isDone = false;
    return {
      sessions: {},
      picture: async () => ({isDone}),
      person: async (way) => {
        isDone = way === 'forward';
      },
    };
  },
});

class FakeSite implements SiteReader {
  readonly name = 'www';
  page: Page = {status: 200, body: 'the shop'};
  async addresses() {
    return ['192.0.2.2', '192.0.2.1'];
  }
  async certificate(): Promise<never> {
    throw new Error('a page needs no certificate of its own');
  }
  async get() {
    return this.page;
  }
}

const page = {url: 'https://www.shop.test/', status: 503, includes: 'Back at six'};
const opened = () => {
  const site = new FakeSite();
  return {
    site,
    sessions: {site: {reader: site, writer: site, close: async () => {}}},
    picture: async () => ({...site.page}),
    person: async (way: 'forward' | 'reverse') => {
      site.page =
        way === 'forward' ? {status: 503, body: 'Back at six.'} : {status: 200, body: 'the shop'};
    },
  };
};

lawsOfStep({step: byHandHttp, input: {...words, ...page}, world: async () => opened()});

const look = (site: SiteReader, word?: {way: 'forward' | 'reverse'; at: Date; note?: string}) => ({
  input: byHandHttp.input.parse({...words, ...page}),
  targets: {site},
  run: {
    id: 'r-1',
    entry: 'lb',
    started: word !== undefined,
    ...(word ? {word: {by: 'ada', note: 'Max of Hosting', ...word}} : {}),
  },
  now: new Date(1_000_000),
  signal: new AbortController().signal,
});

test('a person who says that it is done is believed when the page shows it, and until then it waits', async () => {
  const {site} = opened();
  const told = {way: 'forward', at: new Date(1_000_000)} as const;
  expect(await byHandHttp.check(look(site, told))).toEqual({
    kind: 'waiting',
    progress:
      'Max of Hosting (ada) says that it is done, but 192.0.2.1 answers 200 without "Back at six", 192.0.2.2 answers 200 without "Back at six"',
  });
  expect(await byHandHttp.check(look(site, {...told, note: ''}))).toMatchObject({
    progress: expect.stringMatching(/^ada says that it is done, but /),
  });
  const longAgo = {way: 'forward', at: new Date(1_000_000 - 120_000)} as const;
  expect((await byHandHttp.check(look(site, longAgo))).kind).toBe('pending');
  site.page = {status: 503, body: 'Back at six.'};
  expect((await byHandHttp.check(look(site, told))).kind).toBe('done');
});

test('what somebody has undone already is not asked for again', async () => {
  const {site} = opened();
  const verdict = await byHandHttp.check(look(site));
  const before = verdict.kind === 'pending' ? verdict.before : {answers: []};
  const told = {way: 'forward', at: new Date(0)} as const;
  expect(await byHandHttp.reverse(look(site, told), before)).toEqual([]);
});
