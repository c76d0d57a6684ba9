/** To read names, types, expiries and payloads. */
export const keyReads = '+info +time +type +scan +get +dump +pttl +pexpiretime +memory|usage';
/** To read the content of keys by their types, where the payloads differ. */
export const contentReads = '+hscan +sscan +zscan +lrange +xrange +xinfo';
