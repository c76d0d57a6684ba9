import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {type Problem, problemsIn, SwitcharooError} from '../model/problem.ts';
import {type ExitCode, exitCodeOf, exitCodes} from '../run/exit-codes.ts';
import {version} from '../version.ts';
import type {App} from './app.ts';
import {type ImageWords, imageWords} from './commands/images.ts';
import {timeOf} from './parse-time.ts';
import {outliveTerminal} from './screen/broken-terminal.ts';

type Run<Options> = (
  app: App,
  argument: string | undefined,
  options: Options,
  words: readonly string[],
) => Promise<ExitCode> | ExitCode;

/** Words in, exit code out. Never throws, and never ends the process by itself. */
export async function main(words: readonly string[]): Promise<number> {
  outliveTerminal();
  let code: number = exitCodes.done;
  const program = programWith((ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...words], {from: 'user'});
    return code;
  } catch (error) {
    return tellEnd(error, words);
  }
}

function programWith(end: (code: ExitCode) => void): Command {
  const program = new Command('switcharoo')
    .description('Runs a migration cutover as a repeatable plan.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help shows the words of this command, with an example)')
    .configureHelp({showGlobalOptions: true})
    .addOption(
      new Option('--state-dir <folder>', 'where journals and locks lie')
        .env('SWITCHAROO_STATE_DIR')
        .default('.switcharoo'),
    )
    .option('--json', 'one JSON document, or one event a line while running', false);

  const does = <Options>(load: () => Promise<Run<Options>>) =>
    async function (this: Command) {
      // Each command brings its own modules: `--help` should not wait for the AWS SDK.
      const [{openApp}, run] = await Promise.all([import('./app.ts'), load()]);
      const options = this.optsWithGlobals() as Options & {stateDir: string; json: boolean};
      end(await run(openApp(options), this.args[0], options, this.args));
    };
  addRunning(program, does);
  addDeploying(program, does);
  addServices(program, does);
  addLookingBack(program, does);
  addLab(program, does);
  for (const command of program.commands) {
    command.exitOverride();
    for (const inner of command.commands) {
      inner.exitOverride();
    }
  }
  return program;
}

type Does = <Options>(load: () => Promise<Run<Options>>) => (this: Command) => Promise<void>;

function addRunning(program: Command, does: Does): void {
  program
    .command('plan <runbook>')
    .description('look at the world, print the plan and its digest')
    .addOption(inventoryOption())
    .addOption(paramOption())
    .addHelpText('after', example('plan bare-metal-to-ecs -i staging'))
    .action(
      does(async () => {
        const {planCommand} = await import('./commands/plan.ts');
        return (app, runbook, options: Parameters<typeof planCommand>[2]) =>
          planCommand(app, runbook ?? '', options);
      }),
    );
  program
    .command('preflight')
    .description('days before: look over every target of an inventory, and say what would go wrong')
    .addOption(inventoryOption())
    .addHelpText('after', example('preflight -i staging'))
    .action(
      does(async () => {
        const {preflightCommand} = await import('./commands/preflight.ts');
        return (app, _none, options: Parameters<typeof preflightCommand>[2]) =>
          preflightCommand(app, undefined, options);
      }),
    );
  program
    .command('run <runbook>')
    .description('plan, ask, run')
    .addOption(inventoryOption())
    .addOption(paramOption())
    .option('--plan <digest>', 'act only if the plan is still this one')
    .option(
      '--yes',
      'approve the plan and answer every confirmation with yes (outside the lab, the point of no return is asked all the same)',
      false,
    )
    .option('--until <checkpoint>', 'end at this checkpoint')
    .addOption(onFailureOption())
    .addOption(decideByOption())
    .addHelpText('after', example('run bare-metal-to-ecs -i staging --until prepared'))
    .action(
      does(async () => {
        const {runCommand} = await import('./commands/run.ts');
        return (app, runbook, options: Parameters<typeof runCommand>[2]) =>
          runCommand(app, runbook ?? '', options);
      }),
    );
  program
    .command('resume [run]')
    .description('look, say what stands, go on')
    .option('--plan <digest>', 'act only if the plan is still this one')
    .option('--yes', 'approve the plan and answer every confirmation with yes', false)
    .option('--until <checkpoint>', 'end at this checkpoint')
    .addOption(onFailureOption())
    .addOption(decideByOption())
    .option('--accept-changes', 'go on although the runbook or the inventory changed', false)
    .option('--runbook <file>', 'where the runbook lies on this machine')
    .option('-i, --inventory <file>', 'where the inventory lies on this machine')
    .addHelpText('after', example('resume'))
    .action(
      does(async () => {
        const {resumeCommand} = await import('./commands/resume.ts');
        return resumeCommand;
      }),
    );
  program
    .command('reverse [run]')
    .description('plan the way back, ask, go back')
    .option('--to <checkpoint>', 'how far; without it, to the very start')
    .option('--plan <digest>', 'act only if the plan is still this one')
    .option('--yes', 'approve the plan', false)
    .option('--accept-changes', 'go back although the runbook or the inventory changed', false)
    .option('--runbook <file>', 'where the runbook lies on this machine')
    .option('-i, --inventory <file>', 'where the inventory lies on this machine')
    .addHelpText('after', example('reverse --to prepared'))
    .action(
      does(async () => {
        const {reverseCommand} = await import('./commands/reverse.ts');
        return reverseCommand;
      }),
    );
}

function addServices(program: Command, does: Does): void {
  program
    .command('task <command...>')
    .description("run a command once, in a task with a service's own definition and network")
    .addOption(serviceOption())
    .addOption(inventoryOption())
    .option('--container <name>', 'where more than one serves a port')
    .option('--yes', 'approve the plan, and that it cannot be undone', false)
    .addHelpText(
      'after',
      example('task --service api -i production -- bundle exec rake db:migrate'),
    )
    .action(
      does(async () => {
        const {taskCommand} = await import('./commands/task.ts');
        return (app, _first, options: Parameters<typeof taskCommand>[2], words) =>
          taskCommand(app, words, options);
      }),
    );
  program
    .command('shell [command...]')
    .description('go into a running task of a service (ECS Exec)')
    .addOption(serviceOption())
    .addOption(inventoryOption())
    .option(
      '--task <id>',
      'this task, by the beginning of its id; otherwise the first that ECS lists',
    )
    .option('--container <name>', 'where more than one serves a port')
    .addHelpText('after', example('shell --service api -i production -- bundle exec rails console'))
    .action(
      does(async () => {
        const {shellCommand} = await import('./commands/shell.ts');
        return (app, _first, options: Parameters<typeof shellCommand>[2], words) =>
          shellCommand(app, words, options);
      }),
    );
}

function addDeploying(program: Command, does: Does): void {
  program
    .command('deploy')
    .description('build images and deploy them to services of ECS')
    .requiredOption('--service <names...>', 'the services, by their names in the inventory')
    .addOption(imagesOption())
    .addOption(inventoryOption())
    .option('--at-once <number>', 'so many services at the same time, and no more', wholeNumber)
    .option('--tasks <number>', 'the desired count; without it, it stays', wholeNumber)
    .option('--runbook <runbook>', 'your own, instead of the one that comes with switcharoo')
    .option('--plan <digest>', 'act only if the plan is still this one')
    .option('--yes', 'approve the plan', false)
    .option('--until <checkpoint>', 'end at this checkpoint')
    .addOption(onFailureOption())
    .addOption(paramOption())
    .addHelpText(
      'after',
      example('deploy --service WEB --images application=sidekiq-nginx=master.5 -i production'),
    )
    .action(
      does(async () => {
        const {deployCommand} = await import('./commands/deploy.ts');
        return (app, _none, options: Parameters<typeof deployCommand>[1]) =>
          deployCommand(app, options);
      }),
    );
  program
    .command('tag')
    .description('the next image tag of a branch, <branch>.<number>')
    .addOption(inventoryOption())
    .option('--repository <name>', 'the repository of ECR whose tags count')
    .option('--git <url>', 'the repository of git whose tags count')
    .option('--branch <name>', 'without it, the one that is checked out here')
    .addHelpText(
      'after',
      example('tag --repository sidekiq-nginx --branch feature/cart -i production'),
    )
    .action(
      does(async () => {
        const {tagCommand} = await import('./commands/tag.ts');
        return (app, _none, options: Parameters<typeof tagCommand>[1]) => tagCommand(app, options);
      }),
    );
}

function addLookingBack(program: Command, does: Does): void {
  const lookBack = () => import('./commands/look-back.ts');
  program
    .command('status [run]')
    .description(
      'where it stands, what is next, who holds it, and whether going back would lose anything',
    )
    .option('--offline', 'ask no system, and say what the journal knows', false)
    .addHelpText('after', example('status'))
    .action(does(async () => (await import('./commands/status.ts')).statusCommand));
  program
    .command('log [run]')
    .description('the journal in words')
    .option('--verify', 'check that every line follows from the one before it', false)
    .addHelpText('after', example('log --verify'))
    .action(
      does(async () => {
        const {logCommand} = await lookBack();
        return (app, run, {verify}: {verify: boolean}) => logCommand(app, run, verify);
      }),
    );
  program
    .command('runs')
    .description('all runs of this state folder')
    .addHelpText('after', example('runs'))
    .action(does(async () => (await lookBack()).runsCommand));
  program
    .command('report [run]')
    .description('timeline, durations against earlier runs, outage')
    .option('--html <file>', 'write it as one page')
    .addHelpText('after', example('report --html cutover.html'))
    .action(
      does(async () => {
        const {reportCommand} = await lookBack();
        return (app, run, {html}: {html?: string}) => reportCommand(app, run, html);
      }),
    );
  program
    .command('steps [name]')
    .description('the step library: inputs, outputs, permissions, what reverse does')
    .addHelpText('after', example('steps mysql.freeze-writes'))
    .action(does(async () => (await import('./commands/steps.ts')).stepsCommand));
  program
    .command('permissions <runbook>')
    .description('what its accounts must be allowed, to paste, and what they lack')
    .addOption(inventoryOption())
    .addOption(paramOption())
    .addHelpText('after', example('permissions bare-metal-to-ecs -i staging'))
    .action(
      does(async () => {
        const {permissionsCommand} = await import('./commands/permissions.ts');
        return (app, runbook, options: Parameters<typeof permissionsCommand>[2]) =>
          permissionsCommand(app, runbook ?? '', options);
      }),
    );
  program
    .command('unlock <run>')
    .description('take over a lock, by name')
    .option('--name <run>', 'the name of the run once more, instead of typing it')
    .addHelpText('after', example('unlock 20260301-031205-4f2a'))
    .action(
      does(async () => {
        const {unlockCommand} = await import('./commands/unlock.ts');
        return (app, run, {name}: {name?: string}) => unlockCommand(app, run ?? '', name);
      }),
    );
}

function addLab(program: Command, does: Does): void {
  program
    .command('rehearse [runbook]')
    .description('lab up, run, report, lab down; without a runbook, that of the cutover')
    .option(
      '--reverse-at <entry>',
      'go forward until this entry is done, write for some seconds, then reverse everything',
    )
    .option('--clients <number>', 'how many clients write the whole time', wholeNumber, 6)
    .option('--slow-procedures', "imitate the sleeps of Aurora's procedures", false)
    .option('--keep', 'leave the lab up afterwards', false)
    .option('--html <file>', 'write the report as one page, too')
    .addHelpText('after', example('rehearse bare-metal-to-ecs --reverse-at smoke'))
    .action(
      does(async () => {
        const {rehearseCommand} = await import('./commands/rehearse.ts');
        return (app, runbook, options: Parameters<typeof rehearseCommand>[2]) =>
          rehearseCommand(app, runbook ?? 'runbooks/bare-metal-to-ecs.ts', options);
      }),
    );
  const lab = program.command('lab').description('the small world, kept up to look around in');
  const labCommands = () => import('./commands/lab.ts');
  lab
    .command('up')
    .description('start it, and keep it up')
    .option(
      '--clients <number>',
      'how many clients write the whole time; 0 for a world in which nothing moves',
      wholeNumber,
      6,
    )
    .option('--slow-procedures', "imitate the sleeps of Aurora's procedures", false)
    .option('--empty-aurora', 'begin before the first copy: Aurora has no data', false)
    .addHelpText('after', example('lab up'))
    .action(
      does(async () => {
        const {labUpCommand} = await labCommands();
        return (app, _none, options: Parameters<typeof labUpCommand>[1]) =>
          labUpCommand(app, options);
      }),
    );
  lab
    .command('down')
    .description('end it and everything that it started')
    .addHelpText('after', example('lab down'))
    .action(does(async () => (await labCommands()).labDownCommand));
  lab
    .command('status')
    .description('what it looks like now, and what its clients counted')
    .addHelpText('after', example('lab status'))
    .action(does(async () => (await labCommands()).labStatusCommand));
  lab
    .command('count')
    .description(
      'every write that its clients were told had happened, held against the database in charge',
    )
    .addHelpText('after', example('lab count'))
    .action(does(async () => (await labCommands()).labCountCommand));
  program
    .command('doctor')
    .description('this machine: versions, ssh, credentials, clock, state folder')
    .addHelpText('after', example('doctor'))
    .action(does(async () => (await import('./commands/doctor.ts')).doctorCommand));
}

const inventoryOption = () =>
  new Option(
    '-i, --inventory <inventory>',
    'a file, or the name of one in inventories/',
  ).makeOptionMandatory();

const serviceOption = () =>
  new Option(
    '--service <target>',
    'a target of the kind ecs-service, by its name in the inventory',
  ).makeOptionMandatory();

const imagesOption = () =>
  new Option(
    '--images <images...>',
    'container=repository=tag; with the service before it where services differ: api:container=repository=tag',
  )
    .argParser((text: string, so: readonly ImageWords[] | undefined) => {
      const words = imageWords(text);
      if (!words) {
        throw new InvalidArgumentError('It has the form container=repository=tag.');
      }
      return [...(so ?? []), words];
    })
    .makeOptionMandatory();

const onFailureOption = () =>
  new Option('--on-failure <what>', 'decide beforehand, without asking').choices([
    'stop',
    'reverse',
  ]);

const decideByOption = () =>
  new Option(
    '--decide-by <time>',
    'if the cutover is not accepted by then, hold and offer the way back: HH:MM here, or a time with its zone',
  ).argParser((text: string) => {
    const decideBy = timeOf(text, new Date());
    if (decideBy === undefined) {
      throw new InvalidArgumentError('It is HH:MM, or a time like 2026-03-01T04:30:00Z.');
    }
    return decideBy;
  });

const paramOption = () =>
  new Option('--param <name=value>', 'a parameter of the runbook; may be repeated')
    .argParser((text: string, so: Record<string, string>) => {
      const at = text.indexOf('=');
      if (at < 1) {
        throw new InvalidArgumentError('It has the form name=value.');
      }
      return {...so, [text.slice(0, at)]: text.slice(at + 1)};
    })
    .default({}, 'none');

function wholeNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) {
    throw new InvalidArgumentError('It is a whole number.');
  }
  return Number(text);
}

const example = (words: string): string => `\nExample:\n  $ switcharoo ${words}`;

async function tellEnd(error: unknown, words: readonly string[]): Promise<number> {
  if (error instanceof CommanderError) {
    // Commander has printed help, the version, or what is wrong with the words.
    if (error.exitCode === 0) {
      return exitCodes.done;
    }
    tellAsJson(words, {
      code: 'words-wrong',
      message: error.message.replace(/^error: /, ''),
      hint: 'Give --help after the command for its words.',
    });
    return exitCodes.wrongWords;
  }
  if (error instanceof SwitcharooError) {
    const {openApp, tellProblems} = await import('./app.ts');
    const app = openApp({stateDir: '.switcharoo', json: words.includes('--json')});
    tellProblems(app, problemsIn(error), {stands: ['this command has changed nothing']});
    return exitCodeOf(error.problem.code);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `This is a mistake in switcharoo itself, not in your runbook.\n${text}\nWhat stands is in the journal: switcharoo status\n`,
  );
  tellAsJson(words, {
    code: 'mistake-in-switcharoo',
    message: text,
    hint: 'It is not in your runbook. What stands is in the journal: switcharoo status',
  });
  return exitCodes.bug;
}

/** For a program that reads stdout, as every other end is told there. */
function tellAsJson(words: readonly string[], problem: Problem): void {
  if (words.includes('--json')) {
    process.stdout.write(`${JSON.stringify({problems: [problem], stands: [], next: []})}\n`);
  }
}
