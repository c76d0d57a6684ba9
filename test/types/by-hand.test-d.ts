// What a runbook with work by hand must not say. `tsc` checks this file: an expected mistake that compiles is a mistake
// here.
import {z} from 'zod';
import {defineRunbook} from '../../src/index.ts';
import {byHand, byHandForGood} from '../../steps/operator/index.ts';

const start = defineRunbook({name: 'x', summary: 'X.', params: z.object({}), targets: {}});
const work = {does: 'x', todo: ['x'], owner: {name: 'x', reach: 'x'}, takesMinutes: 1};
const undo = {undoes: 'x', undo: ['x']};

start.step('lb', byHand, {on: {}, input: () => ({...work, ...undo})});
// @ts-expect-error without an undo it is one-way
start.step('lb', byHand, {on: {}, input: () => work});
// @ts-expect-error a one-way step before the point of no return
start.step('lb', byHandForGood, {on: {}, input: () => work});
start.pointOfNoReturn('Gone.').step('lb', byHandForGood, {on: {}, input: () => work});
