import { authorize } from './authorize.ts';
import type { KmsContext, Operation } from './context.ts';
import { KmsError } from './error.ts';
import { type Input, missing, requiredString } from './input.ts';
import { findKey } from './keyId.ts';
import { pageOf } from './page.ts';
import type { KmsKey, Tag } from './types.ts';

const MAX_TAGS = 50;

export const tagResource: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'TagResource');
  authorize('TagResource', key, caller, context.iam);
  const added = readTags(input, 'required');
  const kept = key.tags.filter(({ TagKey }) => !added.some((tag) => tag.TagKey === TagKey));
  setTags(context, key, [...kept, ...added]);
  return {};
};

export const untagResource: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'UntagResource');
  authorize('UntagResource', key, caller, context.iam);
  const names: unknown = input.TagKeys;
  if (!Array.isArray(names)) throw missing('TagKeys');
  setTags(
    context,
    key,
    key.tags.filter(({ TagKey }) => !names.includes(TagKey)),
  );
  return {};
};

export const listResourceTags: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'ListResourceTags');
  authorize('ListResourceTags', key, caller, context.iam);
  const sorted = key.tags.toSorted((a, b) => (a.TagKey < b.TagKey ? -1 : 1));
  const { items, ...rest } = pageOf(input, sorted, (tag) => tag.TagKey, { fallback: 50, max: 50 });
  return { Tags: items, ...rest };
};

/** The member `Tags` of CreateKey and TagResource. Throws KmsError `TagException` or `ValidationException`. */
export function readTags(input: Input, presence: 'required' | 'optional'): Tag[] {
  const tags: unknown = input.Tags ?? (presence === 'optional' ? [] : undefined);
  if (!Array.isArray(tags)) throw missing('Tags');
  const read = tags.map((tag: unknown): Tag => {
    if (typeof tag !== 'object' || tag === null) throw missing('Tags');
    const member = tag as Input;
    const TagKey = requiredString(member, 'TagKey', { min: 1, max: 128 });
    if (/^aws:/i.test(TagKey)) throw new KmsError('TagException', 'Tags beginning with aws: are reserved');
    return { TagKey, TagValue: requiredString(member, 'TagValue', { max: 256 }) };
  });
  if (new Set(read.map(({ TagKey }) => TagKey)).size !== read.length) {
    throw new KmsError('TagException', 'Duplicate tag keys');
  }
  return read;
}

function setTags({ store }: KmsContext, key: KmsKey, tags: Tag[]): void {
  if (key.manager === 'AWS') {
    throw new KmsError('UnsupportedOperationException', `${key.arn} is managed by AWS and cannot be changed.`);
  }
  if (tags.length > MAX_TAGS) throw new KmsError('TagException', `Too many tags: at most ${MAX_TAGS}`);
  store.record({ type: 'setTags', at: Date.now(), arn: key.arn, tags });
}
