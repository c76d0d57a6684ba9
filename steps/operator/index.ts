export {byHand} from './by-hand.ts';
export {byHandForGood} from './by-hand-for-good.ts';
export {byHandHttp} from './by-hand-http.ts';
export {confirm} from './confirm.ts';
export {heardFrom} from './heard-from.ts';
