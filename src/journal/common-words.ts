/**
 * Words that the program, its runbooks and its systems use all the time. A secret that is one of them is no secret, and
 * taking it out of every sentence would make each of them a riddle.
 */
export const commonWords: ReadonlySet<string> = new Set(
  `account action admin adminpass answer apache application aurora backend backup bastion before blocked blog changeme
  changed check checkpoint client cluster config console copy cutover data database default demo deploy development
  docker done entry error example failed file filled forward freeze frontend gate group guest hello host image index
  inventory journal lab last letter letmein lock login mariadb master master1 mysql name network nginx node none null
  office operator oracle owner parcel pass passwd password pending percona plan port postgres prod production proxy
  public read reader redis replica replication report reverse root route runbook schema secret select server service
  session shop site source stack staging start status step stop store superuser switcharoo system table target task test
  tester testing token true false undo update user username value verify wait waiting web website welcome wordpress
  world write writer zone`
    .split(/\s+/)
    .map((word) => word.trim()),
);
