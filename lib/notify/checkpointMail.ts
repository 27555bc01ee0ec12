import type { SignedCheckpoint } from '../audit/checkpoint.ts';
import type { Mail } from './mail.ts';
import { type Part, toHtml, toText } from './parts.ts';

/** Hands a checkpoint to an auditor. Its text part holds the note byte for byte, as `countersign verify --pin` reads it. */
export function checkpointMail({ seq, note, signature }: SignedCheckpoint & { seq: number }): Mail {
  const subject = `Checkpoint of the key policy history: ${seq} entries`;
  const parts: Part[] = [
    { kind: 'title', text: subject },
    {
      kind: 'line',
      text: 'Keep this mail. Nobody, not even whoever runs Countersign, can rewrite what happened up to here and still fit what it says.',
    },
    { kind: 'picture', text: note },
    { kind: 'picture', text: `Signature: ${signature}` },
    { kind: 'heading', text: 'To check the history against it' },
    { kind: 'picture', text: 'npx countersign verify --export FILE --public-key FILE --pin THIS-MAIL' },
    { kind: 'small', text: 'You get this because the rules file names you as an auditor.' },
  ];
  return {
    subject,
    text: toText(parts),
    html: toHtml(parts, subject),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}
