import {z} from 'zod';

/**
 * Where git finds a repository. It is printed, journaled, and seen in the list of processes: no password or token in
 * it.
 */
export const gitUrl = z
  .string()
  .regex(/^[^-]/, 'begins with no hyphen')
  .refine(
    // A token for https is often given as the user alone; for ssh the user is a name.
    (url) => !/^https?:\/\/[^/]*@/i.test(url) && !/^\w+:\/\/[^/@]*:[^/]*@/.test(url),
    'holds no user, password or token: use a credential helper of git',
  );
