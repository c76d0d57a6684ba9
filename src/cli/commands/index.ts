import type {CommandFamily, CommandSpec} from '../command.ts';
import {deployCommand} from './deploy.ts';
import {doctorCommand} from './doctor.ts';
import {labCommands} from './lab.ts';
import {logCommand} from './log.ts';
import {permissionsCommand} from './permissions.ts';
import {planCommand} from './plan.ts';
import {preflightCommand} from './preflight.ts';
import {rehearseCommand} from './rehearse.ts';
import {reportCommand} from './report.ts';
import {resumeCommand} from './resume.ts';
import {reverseCommand} from './reverse.ts';
import {runCommand} from './run.ts';
import {runsCommand} from './runs.ts';
import {shellCommand} from './shell.ts';
import {statusCommand} from './status.ts';
import {stepsCommand} from './steps.ts';
import {tagCommand} from './tag.ts';
import {taskCommand} from './task.ts';
import {unlockCommand} from './unlock.ts';

/** Every command, by its heading in `--help`. */
export const commandGroups: Readonly<Record<string, readonly (CommandSpec | CommandFamily)[]>> = {
  'Cutover commands': [planCommand, runCommand, resumeCommand, reverseCommand],
  'Run commands': [statusCommand, runsCommand, logCommand, reportCommand, unlockCommand],
  'Preparation commands': [preflightCommand, permissionsCommand, stepsCommand, doctorCommand],
  'Lab commands': [rehearseCommand, labCommands],
  'ECS service commands': [deployCommand, tagCommand, taskCommand, shellCommand],
};
