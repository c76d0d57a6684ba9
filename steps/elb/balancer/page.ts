import {z} from 'zod';
import type {BalancerWriter} from '../contract.ts';
import type {FixedAnswer} from './rules.ts';

/** What AWS takes: the values of a rule's conditions, and the body of a fixed response (ELB quotas; API reference). */
const mostHosts = 5;
const longestBody = 1_024;

/** A page, and for which requests it is shown. */
export const pageInput = z.object({
  port: z.coerce.number().int().positive().default(443),
  /** Names, also with `*` and `?`. */
  hosts: z.array(z.string()).min(1).max(mostHosts),
  /** The page. */
  body: z.string().refine((text) => Buffer.byteLength(text) <= longestBody, {
    error: `a load balancer sends at most ${longestBody} bytes: show a short page, without images`,
  }),
  contentType: z
    .enum(['text/html', 'text/plain', 'text/css', 'application/javascript', 'application/json'])
    .default('text/html'),
  /** Search engines and clients come back after a 503. */
  status: z
    .string()
    .regex(/^[245]\d\d$/)
    .default('503'),
});
type Page = z.output<typeof pageInput>;

/** What both steps with a page need. */
export const pageNeeds = {
  balancer: [
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeListeners',
    'elasticloadbalancing:DescribeRules',
    'elasticloadbalancing:CreateRule',
    'elasticloadbalancing:DeleteRule',
  ],
} as const;

export const showing = (page: Page, priority: number) => ({
  on: 'balancer' as const,
  does: `answer requests for ${page.hosts.join(', ')} on port ${page.port} with a page of ${Buffer.byteLength(page.body)} bytes and status ${page.status} (rule ${priority})`,
  perform: (balancer: BalancerWriter, signal: AbortSignal) =>
    balancer.answer(page.port, answerOf(page), priority, signal),
});

export const hiding = (page: Page, priority: number) => ({
  on: 'balancer' as const,
  does: `delete the rule with the page for ${page.hosts.join(', ')} on port ${page.port} (rule ${priority})`,
  perform: (balancer: BalancerWriter, signal: AbortSignal) =>
    balancer.stopAnswering(page.port, answerOf(page), priority, signal),
});

const answerOf = ({hosts, status, contentType, body}: FixedAnswer): FixedAnswer => ({
  hosts,
  status,
  contentType,
  body,
});
