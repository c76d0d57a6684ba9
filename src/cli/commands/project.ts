import {SwitcharooError} from '../../model/problem.ts';
import {defineCommand} from '../command.ts';

const initCommand = defineCommand({
  name: 'init',
  arguments: '[folder]',
  summary: 'Make a project: a runbook, inventories, a step with its test, a nightly rehearsal',
  description:
    'Make a project in a folder, or here: package.json, tsconfig.json, a runbook that extends a shipped one, inventories for the lab and for staging, a step of your own with its test, and GitHub workflows that rehearse each night and plan on each pull request.\n\nOverwrites nothing, and can be run again.',
  prints: ['project'],
  examples: ['init', 'init our-cutover'],
  run: async ({app, args: [folder = '.']}) => {
    const {initProject} = await import('../actions/init.ts');
    return initProject(app, folder);
  },
});

const explainCommand = defineCommand({
  name: 'explain',
  arguments: '<code>',
  summary: 'Explain a problem by the code on the screen',
  prints: ['explanation'],
  examples: ['explain plan-changed'],
  run: async ({app, args: [code = '']}) => {
    const {explain} = await import('../actions/docs.ts');
    return explain(app, code);
  },
});

const docsCommand = defineCommand({
  name: 'docs',
  arguments: '[page]',
  summary: 'List the pages of the docs, or print one',
  description:
    'List the pages of the docs, or print one here: those of this version, from the package.\n\nThe example inventories are pages, too.',
  prints: ['pages', 'page'],
  examples: ['docs', 'docs what-if', 'docs production.example.yaml'],
  run: async ({app, args: [page]}) => {
    const {showDocs} = await import('../actions/docs.ts');
    return showDocs(app, page);
  },
});

const schemaCommand = defineCommand({
  name: 'schema',
  arguments: '[schema]',
  summary: 'Print the JSON Schema of inventories, or of what --json prints',
  description:
    'Print the JSON Schema of inventories, for editors, or of a document that --json prints, for programs. Without a name, list them.\n\nThe schema of inventories has the kinds of target that the files in steps/ and the packages named switcharoo-… export. The package has all schemas in schemas/, with its own kinds of target only.',
  prints: ['schemas', 'schema'],
  examples: ['schema', 'schema inventory > inventory.schema.json', 'schema report'],
  run: async ({app, args: [name]}) => {
    const {printSchema} = await import('../actions/schema.ts');
    return printSchema(app, name);
  },
});

const completionCommand = defineCommand({
  name: 'completion',
  arguments: '<shell>',
  summary: 'Print what bash, zsh or fish needs to complete commands',
  description:
    'Print what bash, zsh or fish needs to complete commands, options, runbooks, inventories, runs, checkpoints and pages.\n\nbash: eval "$(switcharoo completion bash)" in ~/.bashrc. zsh: the same after compinit in ~/.zshrc. fish: switcharoo completion fish | source, in config.fish.',
  examples: ['completion bash', 'completion zsh', 'completion fish'],
  run: async ({app, args: [name = '']}) => {
    const {printCompletion, shells} = await import('../actions/completion.ts');
    const shell = shells.find((each) => each === name);
    if (shell === undefined) {
      throw new SwitcharooError({
        code: 'usage-error',
        message: `There are completions for ${shells.join(', ')}, and none for ${name}.`,
        hint: {text: 'Name one of them, such as', command: 'completion bash'},
      });
    }
    return printCompletion(app, shell);
  },
});

const completeCommand = defineCommand({
  name: 'complete',
  arguments: '[words...]',
  summary: 'Print what could stand at the end of these words (for shells)',
  isHidden: true,
  examples: ['complete -- plan ware'],
  run: async ({app, args, groups}) => {
    const {complete} = await import('../actions/complete.ts');
    return complete(app, groups, args);
  },
});

export const projectCommands = [
  initCommand,
  explainCommand,
  docsCommand,
  schemaCommand,
  completionCommand,
  completeCommand,
];
