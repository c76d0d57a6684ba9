import {createServer, request} from 'node:http';
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {createElb} from '../../../lab/aws/elb.ts';
import {groupArnOf} from '../../../lab/aws/elb-arns.ts';
import {startLoadBalancer} from '../../../lab/load-balancer.ts';
import type {Session} from '../../../src/index.ts';
import type {BalancerReader, BalancerWriter} from '../../../steps/elb/contract.ts';
import {loadBalancer} from '../../../steps/elb/target.ts';
import {started} from '../../lab/aws/started.ts';

export interface ElbLab {
  open(): Promise<Opened>;
  /** The same, with the system's port called 80. */
  onPort80(session: Opened): Opened;
  picture(): Promise<unknown>;
  /** Which group answered so many requests for a host. */
  answers(host: string, count: number): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

type Opened = Session<BalancerReader, BalancerWriter>;

const random = (): number => 1 + Math.floor(Math.random() * 250);

/** The lab's load balancer `shop` with target groups `old` and `new`, each with one small real server. */
export async function startElbLab(): Promise<ElbLab> {
  const network = `127.${random()}.${random()}.`;
  const balancer = await startLoadBalancer({
    address: `${network}100`,
    port: 0,
    healthPath: '/health',
    intervalMs: 20,
    drainMs: 50,
  });
  const elb = createElb({
    name: 'shop',
    loadBalancer: balancer,
    targetGroups: ['old', 'new'],
    rules: [
      {priority: 10, hosts: ['www.shop.test'], to: {old: 1, new: 0}},
      {priority: 20, hosts: ['*.shop.test'], to: {old: 1}},
    ],
  });
  const servers = await Promise.all(
    ['old', 'new'].map(async (name, number) => {
      const address = `${network}${150 + number}`;
      const server = createServer((_, response) => response.end(name));
      await new Promise<void>((resolve) => server.listen(18_081, address, resolve));
      balancer.register(address, address, 18_081, groupArnOf({name: 'shop'}, name));
      return server;
    }),
  );
  const {endpoint, config, ...ending} = await started(elb);
  const client = new ElasticLoadBalancingV2Client({
    region: 'us-east-1',
    endpoint: endpoint.url,
    ...(config.credentials ? {credentials: config.credentials as never} : {}),
  });
  while (balancer.targets().some(({state}) => state !== 'healthy')) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    open: () =>
      loadBalancer.open(loadBalancer.config.parse({...config, loadBalancer: 'shop'}), {
        name: 'front',
        signal: new AbortController().signal,
      }),
    onPort80: ({reader, writer, close}) => ({
      reader: {...reader, look: (_port, signal) => reader.look(balancer.port, signal)},
      writer: {
        ...writer,
        forward: (place, ways, signal) =>
          writer.forward({...place, port: balancer.port}, ways, signal),
        answer: (_port, ...rest) => writer.answer(balancer.port, ...rest),
        stopAnswering: (_port, ...rest) => writer.stopAnswering(balancer.port, ...rest),
      },
      close,
    }),
    picture: async () => {
      const listener = elb.rules.all[0]?.arn.replace(/listener-rule(.*)\/\w+$/, 'listener$1');
      const {Rules} = await client.send(new DescribeRulesCommand({ListenerArn: listener}));
      return Rules?.map(({RuleArn, Priority, Actions}) => ({RuleArn, Priority, Actions}));
    },
    answers: async (host, count) => {
      const answered: Record<string, number> = {};
      for (let asked = 0; asked < count; asked += 1) {
        const name = await ask(balancer, host);
        answered[name] = (answered[name] ?? 0) + 1;
      }
      return answered;
    },
    stop: async () => {
      client.destroy();
      await Promise.all([
        ending[Symbol.asyncDispose](),
        balancer.stop(),
        ...servers.map((server) => new Promise((resolve) => server.close(resolve))),
      ]);
    },
  };
}

function ask(balancer: {address: string; port: number}, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {host: balancer.address, port: balancer.port, headers: {host}, agent: false},
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}
