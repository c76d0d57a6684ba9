import {sendMails} from './mails.ts';

// The consumer of the old side: it sends the mails that the shop has put into a queue of Redis.

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());
await sendMails(process.env, stopping.signal);
