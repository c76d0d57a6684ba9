import {z} from 'zod';
import {isPrincipalArn, ownerOf} from '../model/principal.ts';

const group = z
  .array(
    z
      .string()
      .refine(
        isPrincipalArn,
        'the ARN of an IAM user, a role, or a session of a role, such as arn:aws:sts::123456789012:assumed-role/dba/kim',
      ),
  )
  .min(1)
  .superRefine((arns, context) => {
    for (const [index, arn] of arns.entries()) {
      const other = arns
        .slice(0, index)
        .find((before) => before === arn || coverOneAnother(before, arn));
      if (other !== undefined) {
        context.addIssue(`${arn} and ${other} could be the same person: list only one of them.`);
      }
    }
  });

/** Two sessions of a role are two people; a role is all of its sessions. */
const coverOneAnother = (arn: string, other: string): boolean =>
  ownerOf(arn) === ownerOf(other) && !(isSession(arn) && isSession(other));

const isSession = (arn: string): boolean => arn.includes(':assumed-role/');

/** Who may approve, by group. Each that is named counts once. */
export const approversShape = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
  group,
);
