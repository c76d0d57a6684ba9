import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseAst} from 'vitest/node';

/** A problem as the sources write it, with `{name}` where a fact will stand. */
export interface Template {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

// What is read here of a syntax tree; every node has at least its type.
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['src', 'steps', 'lab'];
export const problemsFile = join(root, 'docs', 'problems.md');

const head = `# Every problem, by its code

Whatever switcharoo cannot do it tells with a \`code\`. Codes are permanent: search for the one on your screen.
Under each code stand the sentence that was printed, with \`{names}\` where yours had facts, and what to do.
This file is made from the sources: \`UPDATE_GOLDEN=1 npx vitest run test/docs\` writes it anew.
`;

/** The whole page, a section for each code. */
export function problemsPage(all = templates()): string {
  const byCode = grouped(all);
  const codes = [...byCode.keys()].sort();
  return [head, ...codes.map((code) => sectionOf(code, byCode.get(code) ?? []))].join('\n');
}

/** Every object of the sources that has a literal `code`, a `message` and a `hint`. */
export function templates(): readonly Template[] {
  return sourceFiles().flatMap((file) => {
    const tree: unknown = parseAst(readFileSync(file, 'utf8'), {lang: 'ts'});
    return nodesIn(tree).flatMap(templatesIn);
  });
}

function sourceFiles(): readonly string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), {recursive: true, encoding: 'utf8'})
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => join(root, room, file)),
  );
}

function nodesIn(value: unknown): readonly Node[] {
  if (Array.isArray(value)) {
    return value.flatMap(nodesIn);
  }
  if (!isNode(value)) {
    return [];
  }
  return [value, ...Object.values(value).flatMap(nodesIn)];
}

function templatesIn(node: Node): readonly Template[] {
  if (node.type !== 'ObjectExpression') {
    return [];
  }
  const [code, message, hint] = ['code', 'message', 'hint'].map((name) => memberOf(node, name));
  return code && message && hint
    ? literalsOf(code).map((text) => ({code: text, message: said(message), hint: said(hint)}))
    : [];
}

function memberOf(object: Node, name: string): Node | undefined {
  const member = nodeList(object['properties']).find(
    ({type, key}) => type === 'Property' && isNode(key) && key['name'] === name,
  );
  return isNode(member?.['value']) ? member['value'] : undefined;
}

/** A code is written out, or chosen from two that are; one that is handed on stands elsewhere. */
function literalsOf(node: Node): readonly string[] {
  if (node.type === 'ConditionalExpression') {
    return [node['consequent'], node['alternate']].filter(isNode).flatMap(literalsOf);
  }
  return node.type === 'Literal' ? [String(node['value'])] : [];
}

/** An expression that makes a text, as a template. */
function said(node: Node): string {
  switch (node.type) {
    case 'Literal':
      return String(node['value']);
    case 'TemplateLiteral':
      return templateText(nodeList(node['quasis']), nodeList(node['expressions']));
    case 'BinaryExpression':
      return `${saidOf(node['left'])}${saidOf(node['right'])}`;
    case 'ConditionalExpression':
      return eitherText(saidOf(node['consequent']), saidOf(node['alternate']));
    default:
      return `{${nameOf(node)}}`;
  }
}

const saidOf = (node: unknown): string => (isNode(node) ? said(node) : '');

function templateText(quasis: readonly Node[], expressions: readonly Node[]): string {
  return quasis
    .map((quasi, index) => {
      // So the syntax tree's own description has it (ESTree, TemplateElement).
      const {cooked = ''} = quasi['value'] as {cooked?: string};
      const expression = expressions[index];
      return `${cooked}${expression ? said(expression) : ''}`;
    })
    .join('');
}

const eitherText = (one: string, other: string): string =>
  one === '' || other === '' ? `(${one}${other})` : `(${one} / ${other})`;

/** The name of the fact that an expression shows: what it is called on, or what it is given. */
function nameOf(node: Node): string {
  const next = (key: string) => (isNode(node[key]) ? nameOf(node[key]) : 'what it is');
  switch (node.type) {
    case 'Identifier':
      return String(node['name']);
    case 'MemberExpression': {
      const property = next('property');
      return property === 'name' || property === 'length' ? next('object') : property;
    }
    case 'CallExpression': {
      const {callee} = node;
      const [first] = nodeList(node['arguments']);
      return isNode(callee) && callee.type === 'MemberExpression' && isNode(callee['object'])
        ? nameOf(callee['object'])
        : first
          ? nameOf(first)
          : next('callee');
    }
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return next('expression');
    case 'LogicalExpression':
    case 'BinaryExpression':
      return next('left');
    default:
      return 'what it is';
  }
}

function grouped(all: readonly Template[]): ReadonlyMap<string, readonly Template[]> {
  const groups = new Map<string, Template[]>();
  for (const one of all) {
    groups.set(one.code, [...(groups.get(one.code) ?? []), one]);
  }
  return groups;
}

function sectionOf(code: string, all: readonly Template[]): string {
  const variants = new Map(all.map((one) => [`${one.message}\n${one.hint}`, one]));
  const texts = [...variants.values()].map(
    ({message, hint}) => `> ${escaped(message)}\n\n${escaped(hint)}\n`,
  );
  return `## ${code}\n\n${texts.join('\n')}`;
}

/** Markdown leaves what stands between backticks as it is. */
const escaped = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/[*_<>]/g, '\\$&') : part))
    .join('`')
    .replaceAll(/\s*\n\s*/g, ' ');

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

const nodeList = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.filter(isNode) : [];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(problemsFile, problemsPage());
}
