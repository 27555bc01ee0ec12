/** Days of the week as the rules file names them. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Hours of every day, and some days whole, on the clock of a named time zone. */
export interface Hours {
  /** `HH:MM`. Later than `to`: over midnight. */
  from: string;
  to: string;
  timeZone: string;
  /** Days that are in it from midnight to midnight. */
  days?: readonly Weekday[] | undefined;
}

/** `07:30` as minutes since midnight; undefined when there is no such time. */
export function minuteOfDay(text: string): number | undefined {
  const [hours = 99, minutes = 99] = text.split(':').map(Number);
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
}

/** Is this the name of a time zone that is known here, or a fixed offset such as +01:00? */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const DAY = 1_440;
const formats = new Map<string, Intl.DateTimeFormat>();

function onTheClock(at: number, timeZone: string): { day: Weekday; minute: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = (parts.get('weekday') ?? '').toLowerCase() as Weekday;
  return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
}

/** Minutes until a moment of the week is over that something lasts at, or 0 when it does not last then. */
type MinutesLeft = (now: { day: Weekday; minute: number }) => number;

/**
 * The first moment at or after `at` (milliseconds) at which it does not last. Walks from boundary to boundary, so that a
 * night before a quiet day is one stretch; where a clock is put forward or back in it, the end is looked at again and may
 * lie up to an hour late, never early.
 */
export function leave(at: number, timeZone: string, minutesLeft: MinutesLeft): number {
  let time = at;
  for (let step = 0; step < 32; step++) {
    const left = minutesLeft(onTheClock(time, timeZone));
    if (left === 0) return time;
    time = Math.floor(time / 60_000) * 60_000 + left * 60_000;
  }
  return time;
}

/** The first moment at or after `at` (milliseconds) outside of these hours. A day of `days` lasts to its midnight. */
export const afterHours = ({ from, to, days, timeZone }: Hours, at: number): number =>
  leave(at, timeZone, ({ day, minute }) => {
    if (days?.includes(day)) return DAY - minute;
    const [start, end] = [minuteOfDay(from) ?? 0, minuteOfDay(to) ?? 0];
    const inside = start <= end ? minute >= start && minute < end : minute >= start || minute < end;
    return inside ? (end - minute + DAY) % DAY : 0;
  });

/** The first moment at or after `at` outside of a window that opens on some days of the week, from `from` (midnight) to `to` (midnight). */
export const afterWindow = (
  window: { days: readonly Weekday[]; from?: string | undefined; to?: string | undefined; timeZone: string },
  at: number,
): number =>
  leave(at, window.timeZone, ({ day, minute }) => {
    const start = minuteOfDay(window.from ?? '00:00') ?? 0;
    const end = window.to === undefined ? DAY : (minuteOfDay(window.to) ?? DAY);
    return window.days.includes(day) && minute >= start && minute < end ? end - minute : 0;
  });

/** The first moment at or after `at` inside of such a window. */
export const untilWindow = (
  window: { days: readonly Weekday[]; from?: string | undefined; to?: string | undefined; timeZone: string },
  at: number,
): number =>
  leave(at, window.timeZone, ({ day, minute }) => {
    const start = minuteOfDay(window.from ?? '00:00') ?? 0;
    const end = window.to === undefined ? DAY : (minuteOfDay(window.to) ?? DAY);
    if (!window.days.includes(day) || minute >= end) return DAY - minute;
    return Math.max(0, start - minute);
  });
