import type {CommandGroups} from '../command.ts';
import {cutoverCommands} from './cutover.ts';
import {fleetCommands} from './fleet.ts';
import {labCommands} from './lab.ts';
import {preparationCommands} from './preparation.ts';
import {projectCommands} from './project.ts';
import {runsCommands} from './runs.ts';
import {servicesCommands} from './services.ts';

/** Every command, by its heading in `--help`. Few files: each one costs `--help` a millisecond. */
export const commandGroups: CommandGroups = {
  'Cutover commands': cutoverCommands,
  'Run commands': runsCommands,
  'Fleet commands': fleetCommands,
  'Preparation commands': preparationCommands,
  'Lab commands': labCommands,
  'ECS service commands': servicesCommands,
  'Project commands': projectCommands,
};
