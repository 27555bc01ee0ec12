const PATTERN = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const SECONDS = [604_800, 86_400, 3_600, 60, 1] as const;

/**
 * Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds (`PT48H`, `P7D`, `P1DT12H`) as seconds.
 * Years and months have no fixed length and are not durations here. Undefined when it is not one, or is zero.
 */
export function durationSeconds(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const seconds = SECONDS.reduce((sum, unit, i) => sum + unit * Number(match[i + 1] ?? 0), 0);
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : undefined;
}
