export type {ApiAnswer, ApiReader, ApiRequest, ApiWriter} from './contract.ts';
export {httpRequest} from './request.ts';
export {httpApi} from './target.ts';
