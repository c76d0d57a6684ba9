export {certificatesValid} from './certificates-valid.ts';
export type {Page, SiteReader} from './contract.ts';
export {httpAnswers} from './http.ts';
export {exchange} from './site/exchange.ts';
export {sqlAnswers} from './sql.ts';
export {webSite} from './target.ts';
