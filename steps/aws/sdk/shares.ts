/** The account behind AWS settings, as an inventory says it: that of the role, else the name of the profile. */
function awsAccountOf({
  assumeRole,
  profile,
}: Readonly<Record<string, unknown>>): string | undefined {
  const arn: unknown =
    typeof assumeRole === 'object' && assumeRole !== null && 'arn' in assumeRole
      ? assumeRole.arn
      : undefined;
  const account = typeof arn === 'string' ? arn.split(':')[4] : undefined;
  return account ?? (typeof profile === 'string' ? `profile ${profile}` : undefined);
}

/** What every AWS target of a fleet shares: the account, whose limits count for all of its services. */
export const awsShares = (written: Readonly<Record<string, unknown>>) => ({
  account: awsAccountOf(written) ?? 'of the default credentials',
});
