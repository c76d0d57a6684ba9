import type {Notice} from '../model/notice.ts';

/** What a section of Slack may have (Slack, Block Kit reference: section, 3000 characters). */
const longestSection = 2_900;

/** The body of an incoming webhook of Slack: `text` for the notification, blocks for the channel. */
export function slackMessage({summary, details, command, event}: Notice): object {
  const sections = [`${signOf(event)} *${escaped(summary)}*`, details.map(escaped).join('\n')];
  return {
    text: cut(escaped(summary)),
    blocks: [
      ...sections.filter(Boolean).map((text) => ({
        type: 'section',
        text: {type: 'mrkdwn', text: cut(text)},
      })),
      {type: 'context', elements: [{type: 'mrkdwn', text: cut(`\`${escaped(command)}\``)}]},
    ],
  };
}

/** Slack reads these three as its own signs (Slack, Formatting text: escaping). */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const cut = (text: string): string =>
  text.length > longestSection ? `${text.slice(0, longestSection)} …` : text;

function signOf(event: Notice['event']): string {
  switch (event) {
    case 'failed':
      return ':red_circle:';
    case 'asks':
      return ':raising_hand:';
    case 'outage-began':
    case 'paused':
    case 'reversing':
      return ':warning:';
    case 'outage-ended':
    case 'done':
    case 'reversed':
      return ':white_check_mark:';
    default:
      return ':information_source:';
  }
}
