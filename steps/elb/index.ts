export type {BalancerReader, BalancerWriter} from './contract.ts';
export {shiftWeight} from './shift-weight.ts';
export {loadBalancer} from './target.ts';
export {targetsHealthy} from './targets-healthy.ts';
