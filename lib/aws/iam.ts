import { GetRoleCommand, GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { isOurs } from './accounts.ts';

const client = new IAMClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});

/**
 * The unique id (AROA…, AIDA…) of a role or user of this account; undefined when there is none with this ARN, also when one of
 * the same name has another path. A role that is deleted and made anew has another id. Errors of IAM are thrown, and so is a
 * principal of another account, where nobody is looked up.
 * Source: IAM User Guide, "IAM identifiers": unique identifiers.
 *
 * @param arn `arn:aws:iam::111122223333:role/path/Name` or the same of a user.
 */
export async function principalId(arn: string, signal?: AbortSignal): Promise<string | undefined> {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  if (!isOurs(arn)) throw new Error('Roles and users of other accounts are not looked up.');
  const options = signal === undefined ? {} : { abortSignal: signal };
  try {
    const { Arn, id } = arn.includes(':role/')
      ? await client
          .send(new GetRoleCommand({ RoleName: name }), options)
          .then(({ Role }) => ({ ...Role, id: Role?.RoleId }))
      : await client
          .send(new GetUserCommand({ UserName: name }), options)
          .then(({ User }) => ({ ...User, id: User?.UserId }));
    return Arn === undefined || Arn === arn ? id : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchEntityException') return undefined;
    throw error;
  }
}
