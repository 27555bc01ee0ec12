import { KmsError } from './error.ts';
import type { Principals } from './types.ts';

const ARN = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s;
const NAME = '[\\w+=,.@-]{1,64}';
const PATH = '(?:[\\x21-\\x29\\x2b-\\x3e\\x40-\\x7e]+/)?';
const IAM_PRINCIPAL = new RegExp(`^(?:root|(?:user|role)/${PATH}${NAME})$`);
const STS_PRINCIPAL = new RegExp(`^(?:assumed-role/${NAME}/${NAME}|federated-user/[\\w+=,.@-]{2,32})$`);
const UNIQUE_ID = /^A(?:IDA|ROA)[A-Z0-9]{12,28}$/;
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazon(?:aws)?\.com(?:\.cn)?$/;
const FEDERATED_ARN = /^arn:aws:iam::[0-9]{12}:(?:saml-provider|oidc-provider)\/\S+$/;
const FEDERATED_DOMAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

/**
 * Checks one value of a Principal element.
 *
 * @returns For a unique id (AIDA…, AROA…) of a principal that lives, its ARN: KMS stores that in its place.
 * @throws KmsError `MalformedPolicyDocumentException` (no such principal, or not one that a policy can name) or
 *   `InvalidArnException` (an ARN of something that is no principal: IAM groups, policies, buckets).
 *   Where exactly AWS draws the line between the two is not documented.
 */
export function checkPrincipal(kind: string, value: string, principals: Principals): string | undefined {
  switch (kind) {
    case 'AWS':
      return checkAws(value, principals);
    case 'Service':
      if (!SERVICE.test(value) || !principals.exists(value)) throw invalidPrincipals();
      return undefined;
    case 'Federated':
      if (!FEDERATED_ARN.test(value) && !FEDERATED_DOMAIN.test(value)) throw invalidPrincipals();
      return undefined;
    default:
      // CanonicalUser is S3's.
      throw invalidPrincipals();
  }
}

function checkAws(value: string, principals: Principals): string | undefined {
  if (value === '*') return undefined;
  if (UNIQUE_ID.test(value)) {
    const arn = principals.arnOf(value);
    if (arn === undefined || !principals.exists(value) || !principals.exists(arn)) throw invalidPrincipals();
    return arn;
  }
  const parts = ARN.exec(/^[0-9]{12}$/.test(value) ? `arn:aws:iam::${value}:root` : value);
  if (parts === null || /[*?]/.test(value)) throw invalidPrincipals();
  const [arn, partition = '', service = '', region = '', account = '', resource = ''] = parts;
  if (service !== 'iam' && service !== 'sts') throw invalidArn();
  if (region !== '' || !/^[0-9]{12}$/.test(account)) throw invalidPrincipals();
  const named = (service === 'iam' ? IAM_PRINCIPAL : STS_PRINCIPAL).test(resource);
  if (!named && /^(?:root|user|role|assumed-role|federated-user)(?:\/|$)/.test(resource)) throw invalidPrincipals();
  if (!named) throw invalidArn();
  if (partition !== 'aws') throw invalidPrincipals();
  if (!principals.exists(arn) || !principals.exists(account)) throw invalidPrincipals();
  return undefined;
}

export function invalidPrincipals(): KmsError {
  return new KmsError(
    'MalformedPolicyDocumentException',
    'Policy contains a statement with one or more invalid principals.',
  );
}

function invalidArn(): KmsError {
  return new KmsError('InvalidArnException', 'An ARN in the specified key policy is invalid.');
}
