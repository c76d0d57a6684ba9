import {type Node, nodesOf} from './code.ts';
import {lineAt, type Tree} from './tree.ts';

/** A word that is no longer used, and the one that takes its place. CONTRIBUTING.md has the glossary. */
interface Retired {
  readonly pattern: RegExp;
  readonly instead: string;
}

export interface Use {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** In everything that a person reads: texts in the sources, comments, documentation. */
const retiredPhrases: readonly Retired[] = [
  {pattern: /\bways? back\b/i, instead: 'reversal'},
  {pattern: /\b(go|goes|going|gone|went) back\b/i, instead: 'reverse'},
  {pattern: /\bis being gone\b/i, instead: 'is being reversed'},
  {pattern: /\bbroken off\b/i, instead: 'interrupted'},
  {pattern: /\bended without a word\b/i, instead: 'was interrupted'},
  {pattern: /\bwhat stands\b/i, instead: 'changes in place'},
  {pattern: /\b(still )?stands(?! for\b)/i, instead: 'is in place'},
  {pattern: /\bsettling\b/i, instead: 'waiting'},
  {pattern: /\bfront doors?\b|\bdoors?\b/i, instead: 'reverse proxy'},
  {pattern: /\bmend(s|ed|ing)?\b/i, instead: 'fix'},
  {pattern: /\banew\b/i, instead: 'again'},
  {pattern: /\bbegun\b(?! draining)/i, instead: 'started'}, // ECS's own event says so
  {pattern: /\bsee that\b|\bmake sure that\b/i, instead: 'check that'},
  {pattern: /\bfind out who\b/i, instead: 'a command that shows it'},
  {pattern: /\bmistake in switcharoo\b/i, instead: 'internal error'},
  {pattern: /\broom to roll\b|\broom for\b/i, instead: 'capacity'},
  {pattern: /\btells? of\b/i, instead: 'says, shows or reports'},
  {pattern: /\bwhoever\b/i, instead: 'the person, process or host'},
];

/** As the whole name of a variable, parameter, function or type. */
const retiredNames: readonly Retired[] = [
  {pattern: /^(so|its|their|theirs|ours|one|ones)$/, instead: 'a noun of the domain'},
  {pattern: /^(found|wanted|said|told|begun|gone)$/, instead: 'a noun of the domain'},
  {pattern: /^(dear|settling|wayBack|isBack|standing)$/i, instead: 'the word of the glossary'},
  {pattern: /^(whyLost|isAre|nameOf|tellOf)$/, instead: 'lossReason, plural, recordName, …'},
  {pattern: /(WayBack|wayBack|[Dd]oor(?!s?top)|[Mm]ended)/, instead: 'the word of the glossary'},
];

/** Other people's words: they stay as their owners write them. */
const quoted = [
  /^docs\/problems\.md$/, // made from the sources, which are read themselves
  /^test\//,
  /^CHANGELOG\.md$/,
  /^CONTRIBUTING\.md$/, // has the glossary, with the words that it retires
];

const prose = /^(README|CONTRIBUTING|CHANGELOG)\.md$|^docs\/.*\.md$|^inventories\//;
const code = /^(src|steps|lab|runbooks|scripts|bin|bench|docs\/examples)\/.*\.(ts|js)$/;

/** Every place where a retired word is printed, documented or used as a name. */
export function retiredWordsIn(tree: Tree): readonly Use[] {
  return [...tree]
    .filter(([file]) => !quoted.some((pattern) => pattern.test(file)))
    .flatMap(([file, text]) => {
      if (prose.test(file)) {
        return phrasesIn(file, text, text, 0);
      }
      return code.test(file) ? usesInCode(file, text) : [];
    });
}

function usesInCode(file: string, text: string): readonly Use[] {
  const nodes = nodesOf(text);
  const texts = nodes
    .filter(isText)
    .flatMap(({start, end}) => phrasesIn(file, text, text.slice(start, end), start));
  const comments = [...text.matchAll(/^\s*(?:\/\/|\/\*\*?|\*)(.*)$/gm)].flatMap((match) =>
    phrasesIn(file, text, match[0], match.index),
  );
  const names = nodes
    .flatMap(declaredNames)
    .flatMap(({name, start}) =>
      retiredNames
        .filter(({pattern}) => pattern.test(name))
        .map(({instead}) => ({file, line: lineAt(text, start), found: name, instead})),
    );
  return [...texts, ...comments, ...names].sort((first, second) => first.line - second.line);
}

function phrasesIn(file: string, text: string, part: string, at: number): readonly Use[] {
  return retiredPhrases.flatMap(({pattern, instead}) =>
    [...part.matchAll(new RegExp(pattern.source, 'gi'))].map((match) => ({
      file,
      line: lineAt(text, at + match.index),
      found: match[0],
      instead,
    })),
  );
}

const isText = ({type, value}: Node): boolean =>
  type === 'TemplateElement' || (type === 'Literal' && typeof value === 'string');

/** The names that a node declares: a variable, a parameter, a function, a class, a type, a property of a type. */
function declaredNames(node: Node): readonly {readonly name: string; readonly start: number}[] {
  const declared = [
    node.type === 'VariableDeclarator' ? node['id'] : undefined,
    ...(/^(Arrow)?Function|^TSEmptyBodyFunction|^TSMethodSignature|^TSFunctionType/.test(node.type)
      ? [node['id'], ...listOf(node['params'])]
      : []),
    /^(Class|TSInterface|TSTypeAlias)/.test(node.type) ? node['id'] : undefined,
    /^(TSPropertySignature|TSMethodSignature|MethodDefinition|PropertyDefinition)$/.test(node.type)
      ? node['key']
      : undefined,
  ];
  return declared.flatMap(namesOfPattern);
}

function namesOfPattern(
  pattern: unknown,
): readonly {readonly name: string; readonly start: number}[] {
  if (!isNode(pattern)) {
    return [];
  }
  switch (pattern.type) {
    case 'Identifier':
    case 'PrivateIdentifier':
      return [{name: String(pattern['name']), start: pattern.start}];
    case 'ObjectPattern':
      return listOf(pattern['properties']).flatMap((property) =>
        namesOfPattern(isNode(property) ? (property['value'] ?? property['argument']) : undefined),
      );
    case 'ArrayPattern':
      return listOf(pattern['elements']).flatMap(namesOfPattern);
    case 'AssignmentPattern':
      return namesOfPattern(pattern['left']);
    case 'RestElement':
      return namesOfPattern(pattern['argument']);
    case 'TSParameterProperty':
      return namesOfPattern(pattern['parameter']);
    default:
      return [];
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;
