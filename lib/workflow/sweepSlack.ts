import { startSlack } from '../aws/states.ts';
import { readChanges } from '../store/changes.ts';
import { pages } from '../store/pages.ts';
import { listSlack } from '../store/slackMessages.ts';
import { markOf } from './slackMessages.ts';

/** Starts what brings up to date the messages that are behind: Slack was down, or a crash came between a decision and its message. */
export async function sweepSlack(): Promise<string[]> {
  const started: string[] = [];
  for await (const page of pages((from) => listSlack({ limit: 100, ...from }))) {
    const changes = await readChanges(page.messages.map(({ changeId }) => changeId));
    for (const { changeId, shown } of page.messages) {
      const change = changes.get(changeId);
      if (change === undefined || shown === markOf(change)) continue;
      await startSlack(changeId);
      started.push(changeId);
    }
  }
  return started;
}
