import {defineFleet} from 'switcharoo';

// Many services, moved wave by wave: npx switcharoo docs a-fleet. To move one service, you do not need this file.
// npx switcharoo fleet rehearse: rehearses each runbook below in the lab, to its end and back to its start
// npx switcharoo fleet plan: prints the waves, their order, and what collides
export default defineFleet({
  name: 'our-fleet',
  waves: {
    // A unit is one service: its runbook, and its systems. For those of your own, name staging instead of lab.
    pilot: {units: {shop: {runbook: 'our-cutover', inventory: 'lab'}}},
  },
});
