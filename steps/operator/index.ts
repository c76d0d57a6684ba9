export {byHand} from './by-hand.ts';
export {byHandCommand} from './by-hand-command.ts';
export {byHandDns} from './by-hand-dns.ts';
export {byHandForGood} from './by-hand-for-good.ts';
export {byHandHttp} from './by-hand-http.ts';
export {byHandLocal} from './by-hand-local.ts';
export {confirm} from './confirm.ts';
export {heardFrom} from './heard-from.ts';
