import type { NotSeen } from '../change/preflight.ts';

/** Most characters of AWS's own words that are kept. */
const MOST = 300;

/** What was asked, or why it was not seen: an error of AWS, or the end of the time that `signal` gives. Never throws. */
export async function seen<T>(work: Promise<T>, signal: AbortSignal): Promise<T | NotSeen> {
  const end = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('The time is over', 'TimeoutError')));
    signal.throwIfAborted();
  });
  try {
    return await Promise.race([work, end]);
  } catch (error) {
    return { notSeen: whyNot(error) };
  }
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MOST);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'AWS did not answer in time.';
  // Errors of AWS have names that tell; ours have words that do.
  return (error.name === 'Error' ? error.message : `${error.name}: ${error.message}`).slice(0, MOST);
}
