import { Fault } from '../fault.ts';

/** What a mail says. */
export interface Content {
  subject: string;
  text: string | null;
  html: string | null;
  headers: { Name: string; Value: string }[];
}

type Members = Record<string, unknown>;

/** Reads `Content` of SendEmail. Templates are not sent from here. Throws BadRequestException as SES does. */
export function readContent(content: unknown): Content {
  const { Simple, Raw, Template } = (content ?? {}) as { Simple?: Members; Raw?: Members; Template?: unknown };
  if (Simple !== undefined && Raw === undefined && Template === undefined) return readSimple(Simple);
  if (Raw !== undefined || Template !== undefined) {
    throw new Fault('BadRequestException', 'Only Content.Simple is sent from this machine, neither Raw nor Template');
  }
  throw new Fault('BadRequestException', 'Content is missing');
}

function readSimple({ Subject, Body, Headers }: Members): Content {
  const subject = data(Subject);
  if (subject === null) throw new Fault('BadRequestException', 'Content.Simple.Subject is missing');
  const { Text, Html } = (Body ?? {}) as Members;
  const [text, html] = [data(Text), data(Html)];
  if (text === null && html === null) throw new Fault('BadRequestException', 'Content.Simple.Body is missing');
  return { subject, text, html, headers: readHeaders(Headers) };
}

function data(part: unknown): string | null {
  const text = (part as Members | undefined)?.Data;
  return typeof text === 'string' ? text : null;
}

/** SES API reference, MessageHeader: a value holds no line end, which would make it another header. */
function readHeaders(headers: unknown): Content['headers'] {
  return ((headers ?? []) as Members[]).map(({ Name, Value }) => {
    if (typeof Name !== 'string' || !/^[!-9;-~]{1,126}$/.test(Name)) {
      throw new Fault('BadRequestException', `Invalid header name: ${String(Name)}`);
    }
    if (typeof Value !== 'string' || !/^[ -~]{0,870}$/.test(Value)) {
      throw new Fault('BadRequestException', `Invalid value of the header ${Name}`);
    }
    return { Name, Value };
  });
}

/** `EmailTags`: letters, digits, `_` and `-`, at most 256 of them. */
export function readTags(tags: unknown): { Name: string; Value: string }[] {
  return ((tags ?? []) as Members[]).map(({ Name, Value }) => {
    const given = [Name, Value].map(String);
    if (!given.every((one) => /^[\w-]{1,256}$/.test(one))) {
      throw new Fault('BadRequestException', `Invalid email tag ${given.join('=')}`);
    }
    return { Name: String(Name), Value: String(Value) };
  });
}
