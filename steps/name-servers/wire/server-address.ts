import {z} from 'zod';

/** `address:port`, or an address alone. */
export const serverAddress = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+)(:\d{1,5})?$/,
    'must be address:port, such as 192.0.2.1:53',
  );
