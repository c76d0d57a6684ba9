import type {Rule as SdkRule} from '@aws-sdk/client-elastic-load-balancing-v2';
import {expect, test} from 'vitest';
import {ruleOf, rulesFor} from '../../../steps/elb/balancer/rules.ts';

const forHost = (priority: number, config: object): SdkRule => ({
  RuleArn: `rule-${priority}`,
  Priority: String(priority),
  Conditions: [{Field: 'host-header', HostHeaderConfig: config}],
});
const otherwise: SdkRule = {RuleArn: 'default', Priority: 'default', IsDefault: true};

/** The rules that may answer for www.shop.test. */
const forShop = (...rules: readonly SdkRule[]): readonly string[] =>
  rulesFor([...rules, otherwise].map(ruleOf), 'www.shop.test').map(({arn}) => arn);

test('a rule for the host decides, one for another host does not', () => {
  expect(forShop(forHost(10, {Values: ['api.shop.test']}))).toEqual(['default']);
  expect(forShop(forHost(10, {Values: ['*.SHOP.test']}))).toEqual(['rule-10']);
});

test('a rule with a regular expression for hosts may answer, and leaves the rest to those after it', () => {
  const byExpression = forHost(5, {RegexValues: ['^(www|api)[.]shop[.]test$']});
  expect(forShop(byExpression)).toEqual(['rule-5', 'default']);
  expect(forShop(byExpression, forHost(10, {Values: ['www.shop.test']}))).toEqual([
    'rule-5',
    'rule-10',
  ]);
});
