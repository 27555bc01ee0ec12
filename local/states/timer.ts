/** setTimeout takes a signed 32 bit number of milliseconds, 24.8 days, and fires at once beyond it. */
const LONGEST = 2 ** 31 - 1;

/** Calls `work` once the wall clock has reached `time` (epoch milliseconds), however far away that is. Returns how to call it off. */
export function at(time: number, work: () => void): () => void {
  let timer: NodeJS.Timeout;
  const nap = () => {
    const left = time - Date.now();
    timer = left > LONGEST ? setTimeout(nap, LONGEST) : setTimeout(work, Math.max(0, left));
  };
  nap();
  return () => clearTimeout(timer);
}
