import type {DocumentName} from './index.ts';

/** What each document is: for `schema` and for docs/json.md. Separate, since lists need no schemas. */
export const documentTexts: Readonly<Record<DocumentName, string>> = {
  plan: 'The plan of a run, its digest, and what to know before approving it',
  'run-line': 'What a run plans, journals, waits for or warns of while it runs, one per line',
  report: 'A run: its outcome, timeline, durations, answers and outages',
  'task-ended': 'The exit code of a command in a task',
  drill: 'The fault of a drill, the decisions, and their scores',
  problems: 'What is wrong, the changes in place, and what to do',
  status: 'The state of a run, its open questions, and who works on it',
  replay: 'A run as it was at an earlier moment, from its journal',
  live: 'Where the live page of a run is served',
  'page-state': 'The state.json of a live page: what it shows, and the time of the run',
  runs: 'The runs of the state folder, the newest last',
  claims: 'Which run owns each target of an inventory',
  'journal-entry': 'One line of the journal of a run',
  'log-verified': 'A verified journal: each of its lines follows from the one before',
  unlocked: 'What unlock has released',
  'taken-over':
    'A run that was taken over from another host, and what may have been in flight there',
  'handed-over': 'A run that was offered to an operator on another host',
  approved:
    'What somebody approved who does not work on the run, and how many approvals are missing',
  preflight: 'The findings of every preflight check',
  'preflight-change':
    'The findings of a repeated preflight that are new, and those that are resolved',
  'preflight-busy': 'Why a repeated preflight checks nothing: a run works on a target',
  channels: 'Whether each channel that tells people can be used',
  verification: 'The counterexamples of a runbook',
  markdown: 'A runbook as a page of Markdown',
  permissions:
    'The grants that each account needs, as policies and statements, and which are missing',
  steps: 'The steps and gates of the library and of the project',
  doctor: 'The checks of this machine',
  'store-check': 'The checks of the store of shared journals, and their results',
  'store-init': 'The commands and policies that create the store of shared journals',
  tag: 'The next image tag of a branch',
  'lab-up': 'Where the lab runs, and the variables of its environment without secrets',
  'lab-down': 'Whether a lab was stopped',
  'lab-status':
    'The databases, hosts, services and records of the lab, and what its clients counted',
  'lab-count': 'The acknowledged writes of the lab, compared with the database in charge',
  'lab-fault': 'What was broken or made slow in the lab',
  'lab-healed': 'What was healed in the lab',
  project: 'The files of a new project',
  explanation: 'A problem, explained by its code',
  pages: 'The pages of the docs',
  page: 'A page of the docs',
  schemas: 'The names that schema takes',
  schema: 'A JSON Schema',
};
