/** Of the tables of DBOS. Ours are in `switcharoo_fleet`. */
export const engineSchema = 'switcharoo_dbos';
