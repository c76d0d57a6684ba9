export {shiftWeight} from './shift-weight.ts';
export {type BalancerReader, type BalancerWriter, loadBalancer} from './target.ts';
export {targetsHealthy} from './targets-healthy.ts';
