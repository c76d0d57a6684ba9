export type {BalancerReader, BalancerWriter} from './contract.ts';
export {maintenancePage} from './maintenance-page.ts';
export {removeMaintenancePage} from './remove-maintenance-page.ts';
export {routesHosts} from './routes-hosts.ts';
export {shiftWeight} from './shift-weight.ts';
export {loadBalancer} from './target.ts';
export {targetsHealthy} from './targets-healthy.ts';
