import { startSlack } from '../aws/states.ts';
import { loadRules } from '../store/rulesFile.ts';
import { slackApi } from './slackUser.ts';

/** Has the messages of a change brought up to date, soon and apart from whoever asks. Nothing is lost when it fails: the sweep looks too. */
export async function followInSlack(changeId: string): Promise<void> {
  if (slackApi() !== undefined && loadRules().slack !== undefined) await startSlack(changeId).catch(() => undefined);
}
