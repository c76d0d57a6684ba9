import {expect, test} from 'vitest';
import {
  fitting,
  type InstanceCapacity,
  lacks,
  limitsOf,
  mayStart,
  mayStop,
  meets,
  type Need,
  needOf,
  withoutOld,
} from '../../../steps/ecs/capacity/instances.ts';

const need: Need = {cpu: 256, memoryMiB: 512, ports: [], ownInterface: false, attributes: []};
const rules = {onePerInstance: false, expressions: []};
const instance = (changes: Partial<InstanceCapacity> = {}): InstanceCapacity => ({
  id: 'i-1',
  status: 'ACTIVE',
  agentConnected: true,
  cpu: 1_024,
  memoryMiB: 1_024,
  takenPorts: ['22/tcp'],
  tasks: 1,
  ofService: 0,
  attributes: [],
  ...changes,
});

// Deadlocks of the developer guide, "Rolling update", among them.
test.each([
  {desired: 4, running: 4, min: 100, max: 200, start: 4, stop: 0},
  {desired: 4, running: 4, min: 50, max: 100, start: 0, stop: 2},
  {desired: 1, running: 1, min: 100, max: 100, start: 0, stop: 0},
  {desired: 3, running: 3, min: 100, max: 125, start: 0, stop: 0},
  {desired: 2, running: 2, min: 75, max: 100, start: 0, stop: 0},
  {desired: 2, running: 0, min: 100, max: 200, start: 2, stop: 0},
  {desired: 4, running: 6, min: 100, max: 200, start: 2, stop: 2},
])(
  'of $desired tasks with $min/$max and $running running, $start may start and $stop may stop',
  ({desired, running, min, max, start, stop}) => {
    const limits = limitsOf({
      desired,
      running,
      minimumHealthyPercent: min,
      maximumPercent: max,
    });
    expect({start: mayStart(limits), stop: mayStop(limits)}).toEqual({start, stop});
  },
);

test.each([
  {
    name: 'task-level sizes',
    definition: {cpu: '512', memory: '1024', networkMode: 'awsvpc' as const},
    is: {cpu: 512, memoryMiB: 1_024, ownInterface: true, ports: []},
  },
  {
    name: 'the sum of its containers, reservations before limits',
    definition: {
      containerDefinitions: [
        {cpu: 100, memory: 900, memoryReservation: 300},
        {memory: 200, portMappings: [{hostPort: 80}, {hostPort: 0}]},
        {portMappings: [{hostPort: 53, protocol: 'udp' as const}]},
      ],
    },
    is: {cpu: 100, memoryMiB: 500, ownInterface: false, ports: ['80/tcp', '53/udp']},
  },
])('a task needs $name', ({definition, is}) => {
  expect(needOf(definition)).toEqual({...is, attributes: []});
});

test.each([
  {name: 'nothing', instance: instance(), lacks: []},
  {
    name: 'CPU and memory',
    instance: instance({cpu: 128, memoryMiB: 100}),
    lacks: ['has 128 of 256 CPU units', 'has 100 of 512 MiB of memory'],
  },
  {
    name: 'a port',
    instance: instance({takenPorts: ['80/tcp']}),
    need: {...need, ports: ['80/tcp']},
    lacks: ['has port 80/tcp taken'],
  },
  {
    name: 'an interface',
    instance: instance({tasks: 2}),
    need: {...need, ownInterface: true},
    rules: {...rules, interfacesMax: 2},
    lacks: ['has 2 of at most 2 network interfaces taken'],
  },
  {
    name: 'an attribute, an agent, and its place among the active ones',
    instance: instance({status: 'DRAINING', agentConnected: false}),
    need: {...need, attributes: [{name: 'ecs.capability.task-eni'}]},
    lacks: [
      'is DRAINING',
      'has an agent that is not connected',
      'lacks the attribute ecs.capability.task-eni',
    ],
  },
  {
    name: 'a second place, and an expression',
    instance: instance({ofService: 1, attributes: [{name: 'zone', value: 'a'}]}),
    rules: {onePerInstance: true, expressions: ['attribute:zone == b']},
    lacks: [
      'is not attribute:zone == b',
      'runs a task of the service already, and may run no second one',
    ],
  },
])(
  'an instance lacks $name',
  ({instance: tried, need: needed = need, rules: by = rules, lacks: missing}) => {
    expect(lacks(tried, needed, by)).toEqual(missing);
  },
);

test('tasks are counted onto instances until none has capacity, and the old ones free theirs', () => {
  const instances = [instance(), instance({id: 'i-2', memoryMiB: 600, ofService: 2, tasks: 2})];
  expect(fitting(instances, need, rules, 5)).toBe(3);
  expect(fitting(withoutOld(instances, need), need, rules, 5)).toBe(5);
  expect(fitting(instances, {...need, ports: ['80/tcp']}, rules, 5)).toBe(2);
  expect(fitting(instances, need, {...rules, onePerInstance: true}, 5)).toBe(1);
  expect(fitting([], need, rules, 1)).toBe(0);
});

test.each([
  ['attribute:ecs.instance-type == m5.large', true],
  ['attribute:ecs.instance-type =~ m5.*', true],
  ['attribute:ecs.instance-type in [t3.large, m5.large]', true],
  ['attribute:ecs.instance-type != m5.large', false],
  ['attribute:gpu exists', false],
  ['attribute:gpu !exists', true],
  ['runningTasksCount == 1', undefined],
])('the expression %s is met: %s', (expression, met) => {
  expect(meets({attributes: [{name: 'ecs.instance-type', value: 'm5.large'}]}, expression)).toBe(
    met,
  );
});
