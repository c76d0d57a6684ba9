export {syncDocuments} from './sync.ts';
export {syncLastDocuments} from './sync-last.ts';
export {verifyDocuments} from './verify.ts';
